import { mean } from 'simple-statistics'
import { parseScenario, type Scenario, type Work } from '../../../scenarios/index.ts'
import { keptReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { Random } from '../../../sim/kernel/index.ts'
import { RequestList } from '../../../sim/traffic/index.ts'
import { accelerator } from '../accelerators/bert.ts'
import { OUTPUT_TOKENS, type Stage, type StageFigures, type Times } from './load-test.ts'

/** The times of the engine's steps, and of what lies between it and the client. */
export interface Engine {
  /** of the scenario */
  readonly work: Work
  /** from the send to the engine, ms: part of TTFT and of the latency end to end */
  readonly linkMs: number
  /** of a first token on its way to the client, ms: part of TTFT alone */
  readonly firstTokenDelayMs: number
}

/** How long requests are scheduled in a stage, s. */
const STAGE_S = 60

/** 44 workers of the load test with 10 connections each. */
export const MAX_IN_FLIGHT = 440

/** Default of vLLM's server on an H100. Half or a quarter of it gives the same figures. */
const TOKEN_BUDGET = 8192

/** Llama-3.1-8B; the work and the traffic are replaced. */
const TEMPLATE = {
  spillway: 1,
  name: 'load-test',
  seed: 1,
  duration_s: 600,
  models: {
    llama: {
      work: {
        ...{ law: 'transformer-decoder', layers: 32, hidden: 4096, heads: 32, kv_heads: 8 },
        ...{ feed_forward: 14336, gated: true, vocabulary: 128256 },
      },
    },
  },
  traffic: [
    {
      class: 'prompts',
      arrivals: { process: 'poisson', rate_rps: 1 },
      input_tokens: { distribution: 'fixed', value: 204 },
      output_tokens: { distribution: 'fixed', value: OUTPUT_TOKENS },
    },
  ],
  pools: [
    {
      name: 'engine',
      model: 'llama',
      precision: 'fp16',
      generation: { policy: 'continuous', max_sequences: 128, token_budget: TOKEN_BUDGET },
    },
  ],
}

let parsed: Scenario | null = null

/** The template as it is parsed, which takes longer than a run. */
export function template(): Scenario {
  const [pool] = TEMPLATE.pools
  const stated = { ...TEMPLATE, pools: [{ ...pool, accelerator: accelerator('h100-sxm') }] }
  // JSON is YAML, too
  parsed ??= parseScenario(JSON.stringify(stated), { file: 'load-test.yaml' }).scenario
  return parsed
}

function scenarioOf({ work }: Engine, maxSequences: number): Scenario {
  const { models, pools, ...rest } = template()
  const [pool] = pools
  const generation = { ...pool!.generation!, max_sequences: maxSequences }
  return {
    ...rest,
    models: { llama: { ...models.llama!, work } },
    pools: [{ ...pool!, generation }],
  }
}

/**
 * When the client schedules its requests, ms: intervals are exponential, and scaled to fill the
 * stage. inference-perf calls that a constant rate (`ConstantLoadTimer`).
 */
export function schedule(requests: number, seed: number): Float64Array {
  const random = new Random(`load test of ${requests} requests, ${seed}`)
  const at = new Float64Array(requests)
  let now = 0
  for (let i = 0; i < requests; i++) {
    now += random.exponential()
    at[i] = now
  }
  return at.map((time) => (time / now) * STAGE_S * 1000)
}

/**
 * When requests are sent with so many in flight at most, by when they are scheduled and when they
 * end: what `max_in_flight` does. The engine serves them in order, so it is the same to it whether
 * they wait at the client.
 */
export function sends(scheduled: Float64Array, ends: Float64Array, most: number): Float64Array {
  const sorted = ends.toSorted()
  return scheduled.map((at, i) => (i < most ? at : Math.max(at, sorted[i - most]!)))
}

/** What a stage of the load test prints of a simulated engine. */
export function simulatedStage(
  { requests: count, promptTokens, maxSequences }: Omit<Stage, 'measured'>,
  engine: Engine,
  seed: number,
): StageFigures {
  const at = schedule(count, seed)
  const requests = RequestList.of({
    at,
    inputTokens: new Int32Array(count).fill(promptTokens),
    outputTokens: new Int32Array(count).fill(OUTPUT_TOKENS),
    class: new Uint8Array(count),
  })
  const input = simulationInput(scenarioOf(engine, maxSequences), { requests })
  const { firstToken, done } = keptReplication(input, 0).rows.columns
  const ends = at.map((_, i) => done[i]! + engine.linkMs)
  const firsts = ends.map((end, i) =>
    Math.min(firstToken[i]! + engine.linkMs + engine.firstTokenDelayMs, end),
  )
  const sent = sends(at, ends, MAX_IN_FLIGHT)
  const lastEnd = ends.reduce((a, b) => Math.max(a, b))
  return {
    throughputRps: (1000 * count) / (lastEnd - at[0]!),
    ttft: timesOf(firsts.map((time, i) => time - sent[i]!)),
    e2e: timesOf(ends.map((time, i) => time - sent[i]!)),
    delay: timesOf(sent.map((time, i) => time - at[i]!)),
  }
}

/** Nearest ranks. */
function timesOf(values: Float64Array): Times {
  const sorted = values.toSorted()
  const at = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1]!
  return { mean: mean([...values]), p50: at(50), p90: at(90), p95: at(95), p99: at(99) }
}
