import type { ConcurrencyChart } from '../../reports/charts/load/concurrency.ts'
import { fixed, signedPercent } from '../../reports/format.ts'
import { markdownTable } from '../markdown-table.ts'
import { errorOf, JUDGED, type Judged, judgedHeads, type Pair, summarise } from './errors.ts'
import { SOURCE } from './published.ts'
import type { ConcurrencySweep } from './resnet50.ts'

/** One GPU: fitted to every other row from the first on, and to the other half. */
export interface ConcurrencyStudy {
  readonly sweep: ConcurrencySweep
  readonly reversed: ConcurrencySweep
}

export const imageOf = (study: ConcurrencyStudy) => `articles-${study.sweep.model.name}.png`

/** Whether all limits hold for the rows outside the fit. */
export function barsMet({ sweep }: ConcurrencyStudy): boolean {
  return JUDGED.every((of) => summarise(sweep.predicted, of).met)
}

export function concurrencySection(studies: readonly ConcurrencyStudy[]): string {
  return `## Concurrent requests against latency: ResNet50 on Triton

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

/** "1.6 %, worst −17 % at 32", with a remark if the limit is exceeded. */
export function summaryText(pairs: readonly Pair[], of: Judged): string {
  const { median, worst, met } = summarise(pairs, of)
  const text = `${fixed(100 * median, 1)} %, worst ${signedPercent(worst.error)} at ${worst.users}`
  return met ? text : `${text}: **missed**`
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
export function chartOf({ sweep }: ConcurrencyStudy): ConcurrencyChart {
  const { median, worst } = summarise(sweep.predicted, 'p99Ms')
  const far = `${signedPercent(worst.error)} at ${worst.users}`
  return {
    title: `Predicted p99 is ${fixed(100 * median, 0)} % off in the median, at most ${far} concurrent requests`,
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
