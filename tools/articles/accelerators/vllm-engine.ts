import { parseScenario, type Scenario } from '../../../scenarios/index.ts'
import { keptReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { RequestList } from '../../../sim/traffic/index.ts'
import type { MeasuredRequest, RequestLatency, ServedModel } from './vllm-runs.ts'

/** Parameters of the time of a step, ms. */
export interface StepTimes {
  readonly baseMs: number
  readonly perSequenceMs: number
  readonly perPrefillTokenMs: number
  readonly perContextTokenMs: number
}

/** Engines as the simulator has them. */
export interface Engines {
  /** engines with a queue each; a request goes to the one with the fewest requests */
  readonly replicas: number
  readonly maxSequences: number
  readonly tokenBudget: number
  readonly blocks: number
}

/** `--max-num-batched-tokens` of each engine in both runs. */
const TOKEN_BUDGET = 2048

/** Engines whose steps do not depend on each other. */
export function enginesApart({ engines, maxSequences, blocks }: ServedModel): Engines {
  return { replicas: engines, maxSequences, tokenBudget: TOKEN_BUDGET, blocks }
}

/** Engines in step: one that is as large as all of them. */
export function enginesTogether({ engines, maxSequences, blocks }: ServedModel): Engines {
  return {
    replicas: 1,
    maxSequences: engines * maxSequences,
    tokenBudget: engines * TOKEN_BUDGET,
    blocks: engines * blocks,
  }
}

const places = (value: number) => Number(value.toPrecision(3))

/** The keys `work` and `generation` of a scenario; times have as many digits as they support. */
export function engineKeys(engines: Engines, times: StepTimes) {
  return {
    work: [
      'law: generation',
      `base_ms: ${places(times.baseMs)}`,
      `per_sequence_ms: ${places(times.perSequenceMs)}`,
      `per_prefill_token_ms: ${places(times.perPrefillTokenMs)}`,
      `per_context_token_ms: ${places(times.perContextTokenMs)}`,
    ],
    generation: [
      'policy: continuous',
      `max_sequences: ${engines.maxSequences}`,
      `token_budget: ${engines.tokenBudget}`,
      `kv_cache: { blocks: ${engines.blocks}, block_tokens: 16, watermark: 0 }`,
    ],
  }
}

/** A scenario for the requests of a list: its own times and traffic are not used. */
function scenarioOf(engines: Engines): Scenario {
  const times = { baseMs: 1, perSequenceMs: 0, perPrefillTokenMs: 0, perContextTokenMs: 0 }
  const { work, generation } = engineKeys(engines, times)
  const text = `spillway: 1
name: vllm
description: A run of vLLM
seed: 1
duration_s: 300
models:
  served: { work: { ${work.join(', ')} } }
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: 1 }
    input_tokens: { distribution: fixed, value: 1 }
    output_tokens: { distribution: fixed, value: 1 }
pools:
  - name: engine
    model: served
    replicas: ${engines.replicas}
    queue: { mode: per-replica, routing: least-loaded }
    generation: { ${generation.join(', ')} }
`
  return parseScenario(text, { file: 'vllm.yaml' }).scenario
}

/** Scenarios by their engines: reading one takes longer than a run. */
const scenarios = new WeakMap<Engines, Scenario>()

/** Simulates requests; latencies in order of arrival. */
export function simulated(
  requests: readonly MeasuredRequest[],
  engines: Engines,
  times: StepTimes,
): RequestLatency[] {
  const template = scenarios.get(engines) ?? scenarioOf(engines)
  scenarios.set(engines, template)
  const work = {
    law: 'generation' as const,
    base_ms: times.baseMs,
    per_sequence_ms: times.perSequenceMs,
    per_prefill_token_ms: times.perPrefillTokenMs,
    per_context_token_ms: times.perContextTokenMs,
  }
  const scenario = { ...template, models: { served: { ...template.models.served!, work } } }
  const list = RequestList.of({
    at: Float64Array.from(requests, ({ at }) => at * 1000),
    inputTokens: Int32Array.from(requests, ({ inputTokens }) => inputTokens),
    outputTokens: Int32Array.from(requests, ({ outputTokens }) => outputTokens),
    class: new Uint8Array(requests.length),
  })
  const { rows } = keptReplication(simulationInput(scenario, { requests: list }), 0)
  const { at, firstToken, done, outputTokens } = rows.columns
  return requests.map((_, i) => ({
    ttft: (firstToken[i]! - at[i]!) / 1000,
    tpot: (done[i]! - firstToken[i]!) / 1000 / (outputTokens[i]! - 1),
    endToEnd: (done[i]! - at[i]!) / 1000,
  }))
}
