import { type ConcurrencyChart, concurrencyChart } from '../../reports/charts/load/concurrency.ts'
import { fixed, signedPercent } from '../../reports/format.ts'
import { type Move, patternSearch } from '../../sim/accelerator/index.ts'
import { whole } from '../claims/figures/parts.ts'
import { markdownTable } from '../markdown-table.ts'
import type { Section } from '../study.ts'
import { type PublishedRow, SOURCE, type SweepPoint } from './published.ts'
import {
  errorOf,
  JUDGED,
  judgedHeads,
  pairsOf,
  type ServerModel,
  summarise,
  summaryText,
  sweepPoint,
} from './server-model.ts'

/** A concurrency sweep: the fitted rows, and the predicted rows outside the fit. */
type ConcurrencySweep = ReturnType<typeof resnet50Sweep>

export const GPUS = [
  { name: 'resnet50-t4', gpu: 'NVIDIA T4' },
  { name: 'resnet50-a100', gpu: 'NVIDIA DGX A100 (1x A100 80GB)' },
] as const

const PREDICTION = { replications: 3 }

/**
 * Fits batch curve and link to every other row, from the first or the second on, and predicts the
 * remaining rows.
 */
export function resnet50Sweep(
  rows: readonly PublishedRow[],
  { name, gpu }: (typeof GPUS)[number],
  from: 0 | 1,
) {
  const online = rows.filter(
    (row) => row.online && row.model === 'ConvNets/resnet50' && row.heading.startsWith(`${gpu},`),
  )
  const chosen = online.filter((_, i) => i % 2 === from)
  const model = fitServer(started(name, gpu, chosen), chosen)
  const others = online.filter((row) => !chosen.includes(row))
  const pairs = (of: readonly PublishedRow[]) => pairsOf(model, of, PREDICTION)
  return { model, gpu, fitted: pairs(chosen), predicted: pairs(others) }
}

/**
 * The batch curve of the rows. By Little's law throughput x compute time is the number of requests
 * in the only instance, which is its batch size while it is always busy.
 */
function started(name: string, gpu: string, rows: readonly PublishedRow[]): ServerModel {
  const curve = new Map<number, number>()
  for (const { throughputRps, computeMs } of rows) {
    curve.set(Math.round((throughputRps * computeMs) / 1000), computeMs)
  }
  const sizes = [...curve.keys()].sort((a, b) => a - b)
  const ms = sizes.map((size) => curve.get(size)!)
  const clientMs = rows.map((row) => row.meanMs - row.networkMs - row.queueMs - row.computeMs)
  return {
    name,
    description:
      `ResNet50 (FP16, ONNX Runtime with TensorRT) on Triton with one instance on one ${gpu}: the published sweep of ` +
      'concurrent requests. Set traffic.clients.arrivals.users from 16 to 256.',
    sizes,
    ms,
    cv: 0.05,
    link: { delayMs: 1, perRequestMs: (0.8 * ms.at(-1)!) / sizes.at(-1)! },
    thinkMs: clientMs.reduce((sum, think) => sum + think, 0) / clientMs.length,
    replicas: 1,
    maxBatch: 128,
    preferred: [64, 128],
  }
}

/** Steps of the search: factors by which a parameter is changed, from coarse to fine. */
const FACTORS = [1.6, 1.25, 1.1, 1.04]
/** Smaller delays (ms) and scatter have no effect. */
const LEAST = 0.01
/** Figures settle within seconds of simulated time. */
const FIT = { replications: 1, durationS: 6 }

const FIGURES = [
  'throughputRps',
  'queueMs',
  'networkMs',
  'p99Ms',
] as const satisfies (keyof SweepPoint)[]

/** Sum of squared logarithmic errors over rows and figures. */
function misfit(model: ServerModel, rows: readonly PublishedRow[]): number {
  let sum = 0
  for (const row of rows) {
    const point = sweepPoint(model, row.users, FIT)
    for (const of of FIGURES) sum += Math.log(point[of] / row[of]) ** 2
  }
  return sum
}

/** Fits the link and the scatter of batches to the rows, by factors of the three parameters. */
export function fitServer(model: ServerModel, rows: readonly PublishedRow[]): ServerModel {
  const options = { moves: CHANGES, factors: FACTORS }
  return patternSearch(model, (changed) => misfit(changed, rows), options).best
}

const CHANGES: readonly Move<ServerModel>[] = [
  (model, by) => ({
    ...model,
    link: { ...model.link, perRequestMs: model.link.perRequestMs * by },
  }),
  (model, by) => ({
    ...model,
    link: { ...model.link, delayMs: Math.max(LEAST, model.link.delayMs * by) },
  }),
  (model, by) => ({ ...model, cv: Math.max(LEAST, model.cv * by) }),
]

/** One GPU: fitted to every other row from the first on, and to the other half. */
export interface ConcurrencyStudy {
  readonly sweep: ConcurrencySweep
  readonly reversed: ConcurrencySweep
}

const imageOf = (study: ConcurrencyStudy) => `articles-${study.sweep.model.name}.png`

/** Whether all limits hold for the rows outside the fit. */
export function barsMet({ sweep }: ConcurrencyStudy): boolean {
  return JUDGED.every((of) => summarise(sweep.predicted, of).met)
}

export function concurrencySection(studies: readonly ConcurrencyStudy[]): Section {
  const text = `## Concurrent requests against latency: ResNet50 on Triton

A closed loop: perf_analyzer keeps a fixed number of requests in flight. The server is fitted on every other row (16, 48, …, 240 requests), and the
rows between them are predicted. The batch curve follows from the fitted rows: by Little's law, throughput × compute time is the number of requests
in the only instance. Three parameters are searched: the link's delay, the link time of each image, and the scatter of batch times. The search
minimises the errors of throughput, queue time, network time and p99 on the fitted rows.

${summaryTable(studies)}

The second line of each GPU is fitted on the other half of its rows and predicts the first half. Its curve is extrapolated to 16 requests, below
its first point.

Published settings: one instance, largest batch 128, preferred sizes 64 and 128. **Assumed**: the published queue
delay of "1.0" is 1 µs; Triton's prefetching of batches makes no difference; input copies, inference and output copies of a batch do not overlap with
those of the next; a batch's time is lognormal and independent of the batch before; clients have exponential think times, with the mean that their
rows leave over (${studies.map(({ sweep }) => `${fixed(sweep.model.thinkMs, 2)} ms`).join(' and ')}).

${studies.map(gpuSection).join('\n\n')}`
  const images = studies.map((study) => [imageOf(study), concurrencyChart(chartOf(study))] as const)
  return { text, images, missed: [] }
}

function summaryTable(studies: readonly ConcurrencyStudy[]): string {
  const line = ({ gpu, predicted, model }: ConcurrencySweep, first: boolean) => [
    first ? `**${gpu}**` : `${gpu}, reversed`,
    `${fixed(model.link.delayMs, 2)} + ${fixed(model.link.perRequestMs, 3)} ms each`,
    fixed(model.cv, 3),
    ...JUDGED.map((of) => summaryText(predicted, of)),
  ]
  const rows = studies.flatMap(({ sweep, reversed }) => [line(sweep, true), line(reversed, false)])
  return markdownTable(['predicted rows', 'link', 'scatter (CV)', ...judgedHeads()], rows)
}

/** All rows, in the order of their concurrent requests. */
const pairsIn = ({ fitted, predicted }: ConcurrencySweep) =>
  [...fitted, ...predicted].sort((a, b) => a.published.users - b.published.users)

function gpuSection(study: ConcurrencyStudy): string {
  const { sweep } = study
  const rows = pairsIn(sweep).map((pair) => {
    const { published, simulated } = pair
    const cells = JUDGED.flatMap((of) => {
      const digits = of === 'throughputRps' ? 0 : 1
      const [was, is] = [published[of], simulated[of]].map((value) => fixed(value, digits))
      return [`${was}`, `${is}`, signedPercent(errorOf(pair, of))]
    })
    return [sweep.fitted.includes(pair) ? `${published.users}` : `**${published.users}**`, ...cells]
  })
  const heads = ['throughput (1/s)', 'simulated', 'error', 'queue (ms)', 'simulated', 'error']
  return `### ${sweep.gpu}

![Latency by concurrent requests, published and simulated](../images/${imageOf(study)})

\`scenarios/library/${sweep.model.name}.yaml\`; bold: predicted. Published: ${SOURCE}.

${markdownTable(['requests', ...heads, 'p99 (ms)', 'simulated', 'error'], rows)}`
}

/** The chart of a GPU; its title states the error of the predicted tail. */
function chartOf({ sweep }: ConcurrencyStudy): ConcurrencyChart {
  const { median, worst } = summarise(sweep.predicted, 'p99Ms')
  const far = `${signedPercent(worst.error)} at ${worst.at}`
  return {
    title: `Predicted p99 is ${whole(median)} off in the median, at most ${far} concurrent requests`,
    subtitle: [
      `ResNet50 on Triton, one instance, ${sweep.gpu}`,
      'dots: published by NVIDIA, full where predicted, hollow where the server was fitted',
      'lines: simulated closed loop, mean of 3 replications',
    ].join(' · '),
    points: pairsIn(sweep).map((pair) => ({
      users: pair.published.users,
      simulated: { p50: pair.simulated.p50Ms, p99: pair.simulated.p99Ms },
      measured: { p50: pair.published.p50Ms, p99: pair.published.p99Ms },
      fitted: sweep.fitted.includes(pair),
    })),
  }
}
