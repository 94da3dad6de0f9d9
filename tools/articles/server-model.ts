import { parseScenario } from '../../scenarios/index.ts'
import { runReplication, simulationInput } from '../../sim/experiment/index.ts'
import { PERCENTILES } from '../../sim/stats/index.ts'

/** A server under perf_analyzer as a scenario, with fitted and assumed parameters. */
export interface ServerModel {
  readonly name: string
  readonly description: string
  /** batch curve: requests, and ms */
  readonly sizes: readonly number[]
  readonly ms: readonly number[]
  /** scatter of batch times: coefficient of variation */
  readonly cv: number
  readonly link: { readonly delayMs: number; readonly perRequestMs: number }
  /** mean time of a client between an answer and its next request, ms */
  readonly thinkMs: number
  readonly replicas: number
  readonly maxBatch: number
  readonly preferred: readonly number[]
}

/** Shortest batch window of Triton, 1 µs. */
const WINDOW_MS = 0.001

const places = (value: number, digits: number) => Number(value.toPrecision(digits)).toString()

/** Broken into lines of a folded YAML text. */
const wrapped = (text: string) =>
  (text.match(/.{1,110}(\s|$)/g) ?? []).map((line) => line.trim()).join('\n  ')

/** The scenario file; figures have as many digits as were published. */
export function scenarioText(model: ServerModel, users: number, durationS = 20): string {
  const { link, thinkMs } = model
  return `# yaml-language-server: $schema=../scenario.schema.json
# Written by \`npm run articles -- --write\`, which fits it: docs/background/articles.md.
spillway: 1
name: ${model.name}
description: >-
  ${wrapped(model.description)}
seed: 7
duration_s: ${durationS}
warmup_s: 2
models:
  served:
    work:
      law: table
      sizes: [${model.sizes.join(', ')}]
      ms: [${model.ms.map((ms) => places(ms, 4)).join(', ')}]
      cv: ${places(model.cv, 2)}
link: { delay_ms: ${places(link.delayMs, 3)}, per_request_ms: ${places(link.perRequestMs, 3)} }
traffic:
  - class: clients
    arrivals:
      process: closed-loop
      users: ${users}
      think_time_s: { distribution: exponential, mean: ${places(thinkMs / 1000, 2)} }
pools:
  - name: triton
    model: served
    replicas: ${model.replicas}
    batching: { policy: dynamic, max_batch: ${model.maxBatch}, preferred: [${model.preferred.join(', ')}], max_delay_ms: ${WINDOW_MS} }
`
}

/**
 * The output of perf_analyzer for a number of concurrent requests. Times are means over its
 * requests in ms; percentiles are the client's. The client's latency is the sum of these columns:
 * client send, network (both directions, and receiving and sending by the server), queue (from the
 * batcher to the start of the instance), and compute of the request's whole batch.
 */
export interface SweepPoint {
  /** concurrent requests of the client */
  readonly users: number
  /** requests/s */
  readonly throughputRps: number
  readonly networkMs: number
  readonly queueMs: number
  /** input, infer and output: time of a batch in its instance */
  readonly computeMs: number
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface SweepOptions {
  readonly replications: number
  readonly durationS?: number
}

/** Simulates `users` concurrent requests; means over replications. */
export function sweepPoint(
  model: ServerModel,
  users: number,
  { replications, durationS }: SweepOptions,
): SweepPoint {
  const text = scenarioText(model, users, durationS)
  const { scenario } = parseScenario(text, { file: `${model.name}.yaml` })
  const input = simulationInput(scenario)
  const runs = Array.from({ length: replications }, (_, replication) => {
    const { counts, latency, parts, network } = runReplication(input, replication).classes[0]!
    const percentile = (p: (typeof PERCENTILES)[number]) =>
      latency.percentiles[PERCENTILES.indexOf(p)]!
    return {
      users,
      throughputRps: counts.served / (scenario.duration_s - scenario.warmup_s),
      networkMs: network.mean,
      queueMs: parts.queue.mean + parts.batch_wait.mean,
      computeMs: parts.service.mean,
      p50Ms: percentile(0.5),
      p99Ms: percentile(0.99),
    }
  })
  const names = Object.keys(runs[0]!) as (keyof SweepPoint)[]
  const means = names.map((name) => [
    name,
    runs.reduce((sum, run) => sum + run[name], 0) / runs.length,
  ])
  return Object.fromEntries(means) as Record<keyof SweepPoint, number>
}
