import { signedPercent } from '../../reports/format.ts'
import { parseScenario } from '../../scenarios/index.ts'
import { runReplication, simulationInput } from '../../sim/experiment/index.ts'
import { PERCENTILES } from '../../sim/stats/index.ts'
import type { ArticlesFigures } from '../claims/figures/articles.ts'
import { type ErrorFigures, errorFigures, tenths, whole } from '../claims/figures/parts.ts'
import type { PublishedRow, SweepPoint } from './published.ts'

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

interface SweepOptions {
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

/** Limits of the median relative error. */
export const BARS = { throughputRps: 0.1, queueMs: 0.2, p99Ms: 0.2 } as const
type Judged = keyof typeof BARS
export const JUDGED = Object.keys(BARS) as Judged[]
export const NAMES: Readonly<Record<Judged, string>> = {
  throughputRps: 'throughput',
  queueMs: 'queue time',
  p99Ms: 'p99',
}

/** A published row and its simulation. */
export interface Pair {
  readonly published: PublishedRow
  readonly simulated: SweepPoint
}

/** Each of these rows with its simulation by a model. */
export function pairsOf(
  model: ServerModel,
  rows: readonly PublishedRow[],
  options: SweepOptions,
): Pair[] {
  return rows.map((published) => ({
    published,
    simulated: sweepPoint(model, published.users, options),
  }))
}

/** The heads of the columns for judged figures, with their limits. */
export const judgedHeads = () => JUDGED.map((of) => `${NAMES[of]} (bar ${whole(BARS[of])})`)

/** Signed and relative: simulated − published. */
export function errorOf({ published, simulated }: Pair, of: Judged): number {
  return simulated[of] / published[of] - 1
}

interface ErrorSummary extends ErrorFigures {
  readonly met: boolean
}

/** Errors by the concurrent requests of their rows. */
export function summarise(pairs: readonly Pair[], of: Judged): ErrorSummary {
  const errors = pairs.map((pair) => ({ at: `${pair.published.users}`, error: errorOf(pair, of) }))
  const figures = errorFigures(errors)
  return { ...figures, met: figures.median <= BARS[of] }
}

/** "1.6 %, worst −17 % at 32", with a remark if the limit is exceeded. */
export function summaryText(pairs: readonly Pair[], of: Judged): string {
  const { median, worst, met } = summarise(pairs, of)
  const text = `${tenths(median)}, worst ${signedPercent(worst.error)} at ${worst.at}`
  return met ? text : `${text}: **missed**`
}

/** The errors of predicted rows as the record has them. */
export function predictedFigures(
  name: string,
  pairs: readonly Pair[],
): ArticlesFigures['resnet50'][number] {
  return {
    name,
    quantities: JUDGED.map((of) => {
      const { rows, median, worst, met } = summarise(pairs, of)
      const errors = { rows, median, worst: worst.error, worstAt: `${worst.at} requests` }
      return { name: NAMES[of], bar: BARS[of], met, errors }
    }),
  }
}
