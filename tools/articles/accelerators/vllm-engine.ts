import { existsSync } from 'node:fs'
import { parseScenario, type Scenario } from '../../../scenarios/index.ts'
import { keptReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { RequestList } from '../../../sim/traffic/index.ts'
import { linesOf, type Row, SHARED, sharedTable } from '../published.ts'

/** Public source of both runs. */
export const SOURCE = 'casys-kaist/LLMServingSim@5daddb2, bench/examples/RTXPRO6000'

/** A model that was served by a real vLLM, as its `meta.json` states. */
export interface ServedModel {
  readonly name: string
  /** the part of the file names */
  readonly file: string
  /** engines, each with one card; requests are divided among them */
  readonly engines: number
  /** `--max-num-seqs` of each engine */
  readonly maxSequences: number
  /** 16-token blocks of the KV cache of each engine, from the log of a later run */
  readonly blocks: number
}

export const SERVED = {
  dense: {
    name: 'Llama-3.1-8B',
    file: 'Llama-3.1-8B',
    engines: 1,
    maxSequences: 128,
    blocks: 35_913,
  },
  moe: {
    name: 'Qwen3-30B-A3B',
    file: 'Qwen3-30B-A3B-Instruct-2507',
    engines: 2,
    maxSequences: 128,
    blocks: 37_819,
  },
} as const satisfies Record<string, ServedModel>

/** Latencies of a request, s. */
export interface RequestLatency {
  /** from the arrival at the engine to the first token */
  readonly ttft: number
  /** mean time of each further token */
  readonly tpot: number
  /** from the arrival at the engine to the last token */
  readonly endToEnd: number
}

interface MeasuredRequest extends RequestLatency {
  /** arrival at the engine since the first request, s */
  readonly at: number
  readonly inputTokens: number
  readonly outputTokens: number
}

/** A measured run, and the result of LLMServingSim for the same requests, in order of arrival. */
export interface ServedRun {
  readonly model: ServedModel
  readonly measured: readonly MeasuredRequest[]
  readonly peer: readonly RequestLatency[]
}

const filesOf = ({ file }: ServedModel) => ({
  requests: new URL(`llmservingsim_RTXPRO6000_${file}_vllm_requests.jsonl.gz`, SHARED),
  peers: sharedTable(`llmservingsim_RTXPRO6000_${file}_sim.csv.gz`),
})

/** Whether both runs are available. */
export const haveVllmRuns = (): boolean =>
  Object.values(SERVED).every((model) => {
    const { requests, peers } = filesOf(model)
    return existsSync(requests) && peers.exists
  })

export function servedRun(model: ServedModel): ServedRun {
  const files = filesOf(model)
  const peers = new Map(files.peers.rows().map(peerRow))
  const rows = linesOf(files.requests)
    .map((line) => JSON.parse(line) as Record<string, number> & { readonly request_id: string })
    .sort((a, b) => a.queued_ts! - b.queued_ts!)
  const from = rows[0]!.queued_ts!
  const measured = rows.map((row) => {
    const [queued, first, last] = [row.queued_ts!, row.first_token_ts!, row.last_token_ts!]
    return {
      at: queued - from,
      inputTokens: row.input_toks!,
      outputTokens: row.output_toks!,
      ttft: first - queued,
      tpot: (last - first) / (row.output_toks! - 1),
      endToEnd: last - queued,
    }
  })
  const peer = rows.map((row) => peers.get(row.request_id.replace('bench-', ''))!)
  return { model, measured, peer }
}

/** A row of LLMServingSim by the number of its request; the file has ns. */
const peerRow = ({ request_id, ttft_ns, tpot_ns, latency_ns }: Row) =>
  [
    request_id!,
    {
      ttft: Number(ttft_ns) / 1e9,
      tpot: Number(tpot_ns) / 1e9,
      endToEnd: Number(latency_ns) / 1e9,
    },
  ] as const

/** Parameters of the time of a step, ms, by their keys in a scenario. */
export const STEP_TIMES = [
  'base_ms',
  'per_sequence_ms',
  'per_prefill_token_ms',
  'per_context_token_ms',
] as const
export type StepTimes = Readonly<Record<(typeof STEP_TIMES)[number], number>>

/** Step times of these values, in the order of `STEP_TIMES`. */
export const stepTimes = (values: readonly number[]) =>
  Object.fromEntries(STEP_TIMES.map((key, i) => [key, values[i]!])) as StepTimes

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
function engineKeys(engines: Engines, times: StepTimes) {
  return {
    work: ['law: generation', ...STEP_TIMES.map((key) => `${key}: ${places(times[key])}`)],
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
  const { work, generation } = engineKeys(engines, stepTimes([1, 0, 0, 0]))
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
  const work = { law: 'generation' as const, ...times }
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

/** A library scenario with fitted step times and synthetic traffic that resembles the run. */
interface LibraryEngine {
  readonly name: string
  /** card or cards */
  readonly hardware: string
  /** requests/s, about two thirds of what the engine can serve */
  readonly rateRps: number
}

export const LIBRARY = {
  'Llama-3.1-8B': {
    name: 'llama-3.1-8b-rtx-pro-6000',
    hardware: 'one NVIDIA RTX PRO 6000 (96 GB)',
    rateRps: 4,
  },
  'Qwen3-30B-A3B': {
    name: 'qwen3-30b-a3b-rtx-pro-6000x2',
    hardware: 'two NVIDIA RTX PRO 6000 (96 GB each; data and expert parallel)',
    rateRps: 5,
  },
} as const satisfies Record<string, LibraryEngine>

/** The scenario file of a model; `LIBRARY` has its name. */
export function libraryText(
  { name, engines: cards }: ServedModel,
  engines: Engines,
  times: StepTimes,
): string {
  const { name: file, hardware, rateRps } = LIBRARY[name as keyof typeof LIBRARY]
  const { work, generation } = engineKeys(engines, times)
  const fitted = `fitted: { accelerator: rtx-pro-6000, engine: vLLM 0.19, source: '${SOURCE}' }`
  const indented = (keys: readonly string[], by: number) =>
    keys.map((key) => `${' '.repeat(by)}${key}`).join('\n')
  const together =
    cards > 1
      ? `\n  The engines of both cards step together, so they are one of ${engines.maxSequences} sequences here.`
      : ''
  return `# yaml-language-server: $schema=../scenario.schema.json
# Written by \`npm run articles -- --write\`, which fits the work: docs/background/accelerators.md.
spillway: 1
name: ${file}
description: >-
  ${name} in bfloat16 on vLLM 0.19 with ${hardware}.${together}
  Step times are fitted to the published latencies of ${SOURCE} (MIT).
  The traffic is synthetic, with lengths like those of the measured requests.
seed: 7
duration_s: 660
warmup_s: 60
models:
  served:
    work:
${indented([...work, fitted], 6)}
traffic:
  - class: chat
    arrivals: { process: poisson, rate_rps: ${rateRps} }
    input_tokens: { distribution: lognormal, median: 730, p99: 2770, max: 4600 }
    output_tokens: { distribution: lognormal, median: 635, p99: 1000, max: 1250 }
slo:
  chat: ["p(95) ttft_ms < 500", "p(95) tpot_ms < 60"]
pools:
  - name: engine
    model: served
    speed: ideal
    generation:
${indented(generation, 6)}
`
}
