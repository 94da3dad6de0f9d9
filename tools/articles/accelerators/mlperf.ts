import {
  type RateErrorsChart,
  rateErrorsChart,
} from '../../../reports/charts/accelerator/rate-errors.ts'
import { fixed, NONE, signedPercent } from '../../../reports/format.ts'
import type { AcceleratorsFigures } from '../../claims/figures/accelerators.ts'
import { markdownTable } from '../../markdown-table.ts'
import { APPROACHES, type Approach, curveOf } from './mlperf-rate.ts'
import { HEADLINES, MODELS, SOURCE, settingsOf } from './mlperf-rows.ts'
import {
  BAR,
  errorsOf,
  headlineRows,
  isHeadline,
  type MlperfStudy,
  MODELS_NEEDED,
  mlperfStudy,
  type RatedRow,
  summary,
  within,
} from './mlperf-study.ts'
import type { FiguredSection } from './section.ts'

const IMAGE = 'accelerators-mlperf.png'

export function mlperfSection(): FiguredSection<AcceleratorsFigures['mlperf']> {
  const study = mlperfStudy()
  return {
    text: textOf(study),
    images: [[IMAGE, rateErrorsChart(chartOf(study))]],
    missed: missedOf(study),
    figures: { own: ratesOf(study, false), triton: ratesOf(study, true), bar: BAR },
  }
}

function ratesOf({ rows: all }: MlperfStudy, triton: boolean) {
  const { rows, within: withinBar, worst } = summary(errorsOf(all, { triton }))
  return { rows, withinBar, worst }
}

const percent = (share: number) => `${fixed(100 * share, 0)} %`

/** The headline rows of a system, in the order of the models. */
function ofSystem({ rows }: MlperfStudy, system: string): RatedRow[] {
  return MODELS.map(
    (model) => rows.find(({ row }) => row.system === system && row.model === model)!,
  )
}

function missedOf(study: MlperfStudy): string[] {
  return HEADLINES.flatMap((system) => {
    const met = within(ofSystem(study, system).map(({ error }) => error))
    const bar = `${MODELS_NEEDED} of ${MODELS.length} models within ${percent(BAR)}`
    return met >= MODELS_NEEDED ? [] : [`MLPerf ${system}: ${met} models, bar: ${bar}`]
  })
}

function textOf(study: MlperfStudy): string {
  const triton = summary(errorsOf(study.rows, { triton: true }))
  const direct = summary(errorsOf(study.rows, { triton: false }))
  return `## From offline to server: MLPerf

How much of its offline throughput can a server use if requests arrive at random and p99 has a limit? MLPerf v1.1 publishes both for the same
systems: *offline*, with all samples at hand, and *server*, with Poisson arrivals of single samples and a limit of p99. The batch curve follows from
the offline row, and the server rate is predicted. **Nothing is fitted to a server row.**

${HEADLINES.map((system) => verdictText(study, system)).join(' ')}
The bar is ${percent(BAR)} for at least ${MODELS_NEEDED} of ${MODELS.length} models. ${direct.within} of all ${direct.rows} rows with NVIDIA's own harness are within it, and
${triton.within} of ${triton.rows} rows with Triton.

![Errors of the highest rate by model](../images/${IMAGE})

${headlineTable(study)}

*Batch of n*: the fixed part and the time of each sample on one card. *Error*: highest simulated
rate against the published rate. The last columns
are p50 and p99 at the *published* rate, published → simulated.

What was taken from where, apart from the rows (${SOURCE}):

- The time of a sample is such that a batch of the offline scenario's size runs at the offline rate of a card.
- The fixed part is the mean latency of the \`SingleStream\` scenario (one sample at a time) less the time of a sample. It is that of one SXM or
  one PCIe card of 40 GB with TensorRT, and stands for all systems with such cards.
- Largest batch, batch window and offline batch are \`gpu_batch_size\` and \`deque_timeout_usec\` (Triton: \`max_queue_delay_usec\`, where it is set) of
  \`closed/NVIDIA/configs\`. The submitter chose them for this scenario and system.
  The rates in these files are not used.
- Arrivals and the percentile are those of LoadGen. Each card has its own queue and its share of the arrivals. It runs one batch at a time, which
  waits for the largest batch or the end of the window while the card is free. Each rate is one run of 40,000 requests, and the search ends at
  0.5 % of the capacity.

The four models use a card in four ways: small images in large batches (resnet50), large images in batches of 8 (ssd-resnet34), text (bert-99),
and speech in batches of 2,048 (rnnt). dlrm-99 is left out. Its query is a set of several hundred pairs, and its server rate is 30 to 95 % of offline
for the same cards. That depends on the host, which neither row shows.

### Other approaches

${approachTable(study)}

A common queue makes little difference, as no card is idle for long at such rates. Poisson arrivals take less than 1.5 % off the capacity of
the batch curve, so the curve decides, not the queue. Without a fixed part the prediction is the offline rate itself. **That simple guess is within the
bar for the same three models**; the fixed part of a batch at least halves the errors of bert-99, and brings in resnet50 on the DGX. Streams as replicas hide
the fixed part of one batch behind the work of another.

### All systems

${allTable(study)}

Where it fails, and why:

- **Almost every miss is too high.** In simulation p99 reaches the limit only within a few percent of saturation. Published rates stop earlier, with
  p99 far below the limit (resnet50 on PCIe: 5.9 of 15 ms). So neither the card nor the limit of p99 decides there. All resnet50 servers that copy
  images from the host stop at 22,000 to 27,500 images/s for each card, while offline, with the same copies in batches of 2,048, reaches 33,000 to
  38,000. The only server that starts from the card's memory (\`start_from_device\`, the DGX with NVIDIA's harness) reaches 32,500. This suggests
  the copies of single images; the rows do not show it.
- **Triton** adds work for each request, which the offline row (few large requests) hides.
- **Latency at the published rate** is not predicted. bert-99 and rnnt are two to three times as slow as simulated: several batches are in flight on
  a card at a time, and lengths vary, while here every sample takes the mean time. ssd-resnet34 is faster than simulated, as the simulated card is
  nearer to its saturation. bert-99 on the DGX may also put off 1 % of its samples (\`soft_drop\`).
- Where the simulated capacity is below the published rate (ssd-resnet34 on the DGX) there is no latency to compare. Four streams overlap the fixed
  part there, which the simulated card does not.`
}

function verdictText(study: MlperfStudy, system: string): string {
  const met = within(ofSystem(study, system).map(({ error }) => error))
  const verdict = met >= MODELS_NEEDED ? 'met' : '**missed**'
  return `\`${system}\`: ${met} of ${MODELS.length} models are within ${percent(BAR)} (${verdict}).`
}

function headlineTable(study: MlperfStudy): string {
  const rows = HEADLINES.flatMap((system) =>
    ofSystem(study, system).map(({ row, highestRps, error, tail }) => {
      const { baseMs, perItemMs } = curveOf(row, true)
      const { batch, windowMs } = settingsOf(row)
      const pair = (published: number, simulated: number | undefined) =>
        `${fixed(published, 1)} → ${simulated === undefined ? NONE : fixed(simulated, 1)}`
      return [
        `${row.model}, ${system.startsWith('DGX') ? 'DGX A100' : 'A100 PCIe'}`,
        `${fixed(baseMs, 2)} + ${fixed(perItemMs, 4)} n ms`,
        windowMs > 0 ? `${batch}, ${windowMs} ms` : `${batch}`,
        fixed(row.offlineRps, 0),
        fixed(row.serverRps, 0),
        fixed(highestRps, 0),
        Math.abs(error) <= BAR ? signedPercent(error) : `${signedPercent(error)}: **missed**`,
        pair(row.p50Ms, tail?.p50Ms),
        pair(row.p99Ms, tail?.p99Ms),
      ]
    }),
  )
  const heads = ['8 cards', 'batch of n', 'largest, window', 'offline (1/s)', 'server (1/s)']
  return markdownTable([...heads, 'simulated', 'error', 'p50 (ms)', 'p99 (ms)'], rows)
}

function approachTable({ rows, approaches }: MlperfStudy): string {
  const names = headlineRows(rows.map(({ row }) => row)).map(
    ({ model, system }) => `${model} ${system.startsWith('DGX') ? 'DGX' : 'PCIe'}`,
  )
  const lines = (Object.keys(APPROACHES) as Approach[]).map((approach) => [
    APPROACHES[approach],
    ...approaches[approach].map((error) => signedPercent(error)),
  ])
  return markdownTable(['approach', ...names], lines)
}

function allTable({ rows }: MlperfStudy): string {
  const line = (name: string, errors: readonly number[]) => {
    if (errors.length === 0) return []
    const { median, worst, within: met, rows: count } = summary(errors)
    return [[name, `${count}`, signedPercent(median), signedPercent(worst), `${met}`]]
  }
  const lines = MODELS.flatMap((model) => [
    ...line(model, errorsOf(rows, { model, triton: false })),
    ...line(`${model}, Triton`, errorsOf(rows, { model, triton: true })),
  ])
  const heads = ['model', 'rows', 'median error', 'largest error', `within ${percent(BAR)}`]
  return markdownTable(heads, lines)
}

/** DGX, PCIe, other systems, Triton. */
const KINDS = ['DGX A100 x8', 'A100 PCIe x8', 'other A100 systems', 'with Triton'] as const

function kindOf({ row }: RatedRow): number {
  if (row.system.endsWith('Triton')) return 3
  if (!isHeadline(row)) return 2
  return row.system.startsWith('DGX') ? 0 : 1
}

function chartOf({ rows }: MlperfStudy): RateErrorsChart {
  const headline = rows.filter(({ row }) => isHeadline(row)).map(({ error }) => error)
  const { within: met, rows: count } = summary(headline)
  return {
    title: `Server rates predicted from offline rates are within ${percent(BAR)} in ${met} of ${count} headline results`,
    subtitle: [
      'MLPerf v1.1, closed division, NVIDIA, A100; each dot is a published system',
      'headline: DGX A100 x8 and A100 PCIe x8',
      'shaded: within the bar',
    ].join(' · '),
    bar: BAR,
    kinds: KINDS,
    models: MODELS.map((name) => ({
      name,
      errors: rows
        .filter(({ row }) => row.model === name)
        .map((rated) => ({ error: rated.error, kind: kindOf(rated) })),
    })),
  }
}
