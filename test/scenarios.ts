import { parseScenario, type Scenario, scenarioSchema } from '../scenarios/index.ts'

/**
 * Scenarios that tests and the fuzz share, and changes of them. A change that finds nothing to
 * change fails: a test would run on another scenario than it states.
 */

/** What to look for, and what to put in its place, as `String.replace` takes them. */
export type Change = readonly [from: string | RegExp, to: string]

/** A scenario's text with some of it changed, one change after another. */
export function changed(text: string, ...changes: readonly Change[]): string {
  let result = text
  for (const [from, to] of changes) {
    const next = result.replace(from, to)
    if (next === result) throw new Error(`Expected ${from} in a scenario, got\n${result}`)
    result = next
  }
  return result
}

/**
 * A scenario of a test: a whole text, or the keys that the test is about. What it leaves out is one
 * class of 100 requests/s, and one pool whose batches take 4 ms, in 10 s.
 */
export function scenarioOf(content: string | Readonly<Record<string, unknown>>): Scenario {
  if (typeof content === 'string') return parseScenario(content, { file: 'test.yaml' }).scenario
  return scenarioSchema.parse({
    spillway: 1,
    name: 'test',
    duration_s: 10,
    models: { m: { work: { law: 'constant', ms: 4 } } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 100 } }],
    pools: [{ name: 'central', model: 'm' }],
    ...content,
  })
}

/** A scenario of a tiny net that a replay runs for a few seconds. */
export const TINY = `spillway: 1
name: tiny
seed: 5
duration_s: 3
warmup_s: 0.5
models:
  mlp: { builtin: mlp, layers: 2, width: 64 }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 150 }
pools:
  - name: central
    model: mlp
    batching: { policy: dynamic, max_batch: 4, max_delay_ms: 1 }
`

/** A decoder of one pool, whose steps are calibrated. */
export const TINY_DECODER = `spillway: 1
name: decoder
duration_s: 1
models: { m: { builtin: transformer-decoder, context: 512 } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 1 }
    input_tokens: { distribution: fixed, value: 40 }
    output_tokens: { distribution: fixed, value: 20 }
pools: [{ name: engine, model: m, generation: { policy: continuous, kv_cache: { blocks: 100 } } }]
`

/** The requests of TINY in half of the time, for what is replayed many times. */
export const QUICK = changed(
  TINY,
  ['duration_s: 3', 'duration_s: 1.5'],
  ['warmup_s: 0.5', 'warmup_s: 0.25'],
  ['rate_rps: 150', 'rate_rps: 300'],
)

/** An encoder on a card of the catalogue, for which `spillway fit` finds efficiencies. */
export const ENCODER = `spillway: 1
name: encoder
duration_s: 5
models:
  bert: { work: { law: transformer-encoder, layers: 12, hidden: 768, heads: 12, vocabulary: 30522 } }
traffic:
  - class: web
    arrivals: { process: poisson, rate_rps: 100 }
    input_tokens: { distribution: uniform, min: 32, max: 384 }
pools:
  - name: gpu
    model: bert
    accelerator: t4
    precision: fp16
    batching: { policy: dynamic, max_batch: 16, max_delay_ms: 5 }
`

/**
 * Times of its batches, made up: those of compute 0.5, memory 0.65 and launch_us 8, changed by up
 * to 4 %.
 */
export const MEASURED = `batch,length,ms
1,32,1.73
1,128,1.98
1,384,3.66
4,32,1.96
4,128,4.49
4,384,11.8
16,32,4.62
16,128,14.8
16,384,46.3
32,32,7.95
32,128,30.2
32,384,92.6
`

/** A scenario of declared work: two pools, two classes, surges, time-outs and bounded queues. */
export const DECLARED = `spillway: 1
name: declared
seed: 11
duration_s: 40
warmup_s: 2
models:
  small: { work: { law: exponential, mean_ms: 8 } }
  large: { work: { law: linear, base_ms: 3, per_item_ms: 1, per_token_ms: 0.05 } }
traffic:
  - class: web
    arrivals:
      process: poisson
      rate_rps: 120
      surges: [{ at_s: 10, factor: 4, rise_s: 1, hold_s: 4, decay_s: 5 }]
    timeout_ms: 100
  - class: batch
    arrivals: { process: gamma, cv: 3, rate_rps: 60 }
    input_tokens: { distribution: lognormal, median: 20, p99: 200, max: 400 }
slo:
  web: ["p(95) latency_ms < 60"]
pools:
  - name: first
    model: small
    replicas: 2
    queue: { mode: per-replica, max_length: 15, timeout_ms: 200 }
  - name: second
    model: large
    queue: { max_length: 100 }
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 4, preferred: [4] }
`
