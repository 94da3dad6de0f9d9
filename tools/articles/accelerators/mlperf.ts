import {
  type RateErrorsChart,
  rateErrorsChart,
} from '../../../reports/charts/accelerator/rate-errors.ts'
import { fixed, NONE, signedPercent } from '../../../reports/format.ts'
import { parseScenario } from '../../../scenarios/index.ts'
import { runReplication, simulationInput } from '../../../sim/experiment/index.ts'
import { bisect, PERCENTILES } from '../../../sim/stats/index.ts'
import type { AcceleratorsFigures } from '../../claims/figures/accelerators.ts'
import { errorFigures, whole } from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { FiguredSection } from '../../study.ts'
import { sharedTable } from '../published.ts'

const TABLE = sharedTable('facts/mlperf_v1.1_server_offline_ratio.csv')
export const haveServerRows = () => TABLE.exists

/** Public source of rows, settings and single-stream times. */
const SOURCE = 'mlcommons/inference_results_v1.1@912dcdb, closed/NVIDIA'

/** Four models with four ways of using a card: see the section for the choice. */
export const MODELS = ['resnet50', 'bert-99', 'ssd-resnet34', 'rnnt'] as const
type Model = (typeof MODELS)[number]

/** Systems of the two headline rows of each model. */
export const HEADLINES = ['DGX-A100_A100-SXM-80GBx8_TRT', 'A100-PCIex8_TRT'] as const

/** A published result of a system: both scenarios, without reduced power and without MIG. */
interface ServerRow {
  readonly system: string
  readonly model: Model
  readonly cards: number
  /** samples/s of all cards with every sample at hand from the start */
  readonly offlineRps: number
  /** the submitted rate of Poisson arrivals, samples/s */
  readonly serverRps: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** limit of p99 */
  readonly boundMs: number
}

/** Settings of the server scenario of a row: code/configs of the submission. */
interface Settings {
  /** `gpu_batch_size`: the largest batch */
  readonly batch: number
  /** `deque_timeout_usec`, or `max_queue_delay_usec` of Triton, ms; 0 where there is none */
  readonly windowMs: number
  /** `gpu_inference_streams`: batches of a card at a time */
  readonly streams: number
  /** `gpu_batch_size` of the offline scenario */
  readonly offlineBatch: number
}

export function serverRows(): ServerRow[] {
  return TABLE.rows().flatMap((cells) => {
    const model = MODELS.find((name) => name === cells.model)
    const system = cells.system!
    if (model === undefined || /MaxQ|MIG/.test(system)) return []
    return [
      {
        system,
        model,
        cards: Number(/x(\d)_/.exec(system)![1]),
        offlineRps: Number(cells.offline_samples_s),
        serverRps: Number(cells.server_samples_s),
        p50Ms: Number(cells.server_p50_ms),
        p99Ms: Number(cells.server_p99_ms),
        boundMs: Number(cells.latency_bound_ms),
      },
    ]
  })
}

/** SXM cards of a DGX or a DGX Station; the others are PCIe cards. */
const isSxm = ({ system }: ServerRow) => system.includes('SXM')

/**
 * Mean latency of a single sample with nothing else on the card, ms: `SingleStream` of the
 * submissions DGX-A100_A100-SXM-80GBx1_TRT and A100-PCIex1_TRT, mlperf_log_summary.txt.
 */
const SINGLE_STREAM_MS: Readonly<Record<Model, { readonly sxm: number; readonly pcie: number }>> = {
  resnet50: { sxm: 0.4628, pcie: 0.4945 },
  'bert-99': { sxm: 1.466, pcie: 1.502 },
  'ssd-resnet34': { sxm: 1.699, pcie: 1.892 },
  rnnt: { sxm: 12.95, pcie: 13.53 },
}

const singleStreamMs = (row: ServerRow) => SINGLE_STREAM_MS[row.model][isSxm(row) ? 'sxm' : 'pcie']

const SETTINGS: Readonly<Record<Model, (row: ServerRow) => Settings>> = {
  resnet50: (row) => ({ ...resnet50(row), offlineBatch: 2048 }),
  'bert-99': (row) => ({
    batch: isSxm(row) && row.cards === 8 ? 48 : 64,
    windowMs: 0,
    streams: 2,
    offlineBatch: isSxm(row) ? 1280 : 1024,
  }),
  'ssd-resnet34': (row) => ({
    batch: 8,
    windowMs: 30,
    streams: isSxm(row) && row.cards === 8 ? 4 : 2,
    offlineBatch: 64,
  }),
  rnnt: (row) => ({
    batch: isSxm(row) && row.cards === 4 ? 1792 : 2048,
    windowMs: 0,
    streams: 1,
    offlineBatch: 2048,
  }),
}

function resnet50(row: ServerRow): Omit<Settings, 'offlineBatch'> {
  const triton = row.system.endsWith('Triton')
  if (!isSxm(row)) {
    return triton ? { batch: 64, windowMs: 1, streams: 3 } : { batch: 128, windowMs: 2, streams: 5 }
  }
  if (row.cards === 8) return { batch: 128, windowMs: 4, streams: 2 }
  return triton ? { batch: 64, windowMs: 4, streams: 2 } : { batch: 64, windowMs: 2, streams: 4 }
}

export const settingsOf = (row: ServerRow): Settings => SETTINGS[row.model](row)

/** Where the fixed part of a batch comes from, and which queue the cards have. */
const APPROACHES = {
  single: 'fixed part from the single-stream run, a queue for each card',
  shared: 'the same, one queue for all cards',
  none: 'no fixed part, a queue for each card',
  streams: 'the published inference streams as replicas of a card, each at its share of the speed',
} as const
type Approach = keyof typeof APPROACHES

/** Requests of a run; the longest wait for a percentile is far shorter. */
const REQUESTS = 40_000
/** The search begins at this share of the capacity. */
const LOWEST = 0.7
/** Halvings of the search, to 0.5 % of the capacity. */
const STEPS = 6

/** The time of a batch of n on one card: baseMs + n × perItemMs. */
interface BatchCurve {
  readonly baseMs: number
  readonly perItemMs: number
}

interface CardModel {
  readonly curve: BatchCurve
  readonly batch: number
  readonly windowMs: number
  /** batches at a time, over all cards of the queue */
  readonly replicas: number
  /** cards of the queue */
  readonly cards: number
}

/**
 * The curve of a row: the offline batch N runs at the offline rate of a card, so base + N × item =
 * N / rate, and a batch of one takes the time of the single-stream run.
 */
export function curveOf(row: ServerRow, fixedPart: boolean): BatchCurve {
  const each = (1000 * row.cards) / row.offlineRps
  if (!fixedPart) return { baseMs: 0, perItemMs: each }
  const { offlineBatch } = settingsOf(row)
  const perItemMs = (each * offlineBatch - singleStreamMs(row)) / (offlineBatch - 1)
  return { baseMs: singleStreamMs(row) - perItemMs, perItemMs }
}

export function modelOf(row: ServerRow, approach: Approach): CardModel {
  const { batch, windowMs, streams } = settingsOf(row)
  const curve = curveOf(row, approach !== 'none')
  if (approach === 'shared') {
    return { curve, batch, windowMs, replicas: row.cards, cards: row.cards }
  }
  if (approach !== 'streams') return { curve, batch, windowMs, replicas: 1, cards: 1 }
  const { baseMs, perItemMs } = curve
  // the fixed part of one stream overlaps the work of the others
  const slower = { baseMs, perItemMs: perItemMs * streams }
  return { curve: slower, batch, windowMs, replicas: streams, cards: 1 }
}

/** Largest throughput of the queue, samples/s. */
function capacityOf({ curve, batch, replicas }: CardModel): number {
  return (1000 * replicas * batch) / (curve.baseMs + batch * curve.perItemMs)
}

interface Tail {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Latency with Poisson arrivals at this rate of the whole queue, samples/s. */
export function tailAt(model: CardModel, rateRps: number): Tail {
  const durationS = REQUESTS / rateRps
  const { curve, batch, windowMs, replicas } = model
  const text = `spillway: 1
name: mlperf
description: MLPerf server scenario
seed: 7
duration_s: ${durationS}
warmup_s: ${durationS / 10}
models:
  net: { work: { law: linear, base_ms: ${curve.baseMs}, per_item_ms: ${curve.perItemMs} } }
traffic:
  - class: samples
    arrivals: { process: poisson, rate_rps: ${rateRps} }
pools:
  - name: cards
    model: net
    replicas: ${replicas}
    batching: { policy: dynamic, max_batch: ${batch}, max_delay_ms: ${windowMs} }
`
  const { scenario } = parseScenario(text, { file: 'mlperf.yaml' })
  const { latency } = runReplication(simulationInput(scenario), 0).classes[0]!
  const [p50Ms, p99Ms] = ([0.5, 0.99] as const).map(
    (p) => latency.percentiles[PERCENTILES.indexOf(p)]!,
  )
  return { p50Ms: p50Ms!, p99Ms: p99Ms! }
}

/** The highest rate of all cards whose p99 is below the bound, samples/s. */
function highestRate(row: ServerRow, model: CardModel): number {
  const most = capacityOf(model)
  const meets = (rate: number) => tailAt(model, rate).p99Ms < row.boundMs
  const [low] = bisect([LOWEST * most, most], STEPS, meets)
  return (low * row.cards) / model.cards
}

/** Largest relative error of the highest rate. */
const BAR = 0.1
/** Models of each headline system that must be within the bar. */
export const MODELS_NEEDED = 3

/** A row with its simulation. */
interface RatedRow {
  readonly row: ServerRow
  /** highest simulated rate of all cards, samples/s */
  readonly highestRps: number
  /** highest simulated over published rate, − 1 */
  readonly error: number
  /** latency at the published rate; null where that exceeds the simulated capacity */
  readonly tail: Tail | null
}

type MlperfStudy = ReturnType<typeof mlperfStudy>

const isHeadline = ({ system }: ServerRow) => (HEADLINES as readonly string[]).includes(system)

/** The headline rows: all models of the first system, then of the second. */
export function headlineRows(rows: readonly ServerRow[]): ServerRow[] {
  return HEADLINES.flatMap((system) =>
    MODELS.map((model) => rows.find((row) => row.system === system && row.model === model)!),
  )
}

/** The error of the highest rate of a row; `slower` multiplies the times of its batches. */
export function errorOf(row: ServerRow, approach: Approach, slower = 1): number {
  const model = modelOf(row, approach)
  const { baseMs, perItemMs } = model.curve
  const curve = { baseMs: baseMs * slower, perItemMs: perItemMs * slower }
  return highestRate(row, { ...model, curve }) / row.serverRps - 1
}

function rated(row: ServerRow): RatedRow {
  const error = errorOf(row, 'single')
  const model = modelOf(row, 'single')
  const rate = row.serverRps / row.cards
  const tail = rate < capacityOf(model) ? tailAt(model, rate) : null
  return { row, highestRps: (1 + error) * row.serverRps, error, tail }
}

function mlperfStudy() {
  const rows = serverRows()
  const headlines = headlineRows(rows)
  const approaches = Object.fromEntries(
    (Object.keys(APPROACHES) as Approach[]).map((approach) => [
      approach,
      headlines.map((row) => errorOf(row, approach)),
    ]),
  ) as Record<Approach, number[]>
  return { rows: rows.map(rated), approaches }
}

/** How many of these errors are within the bar. */
export const within = (errors: readonly { readonly error: number }[]) =>
  errors.filter(({ error }) => Math.abs(error) <= BAR).length

/** The rows of a model, or of the systems whose harness is Triton or is not. */
function selected(rows: readonly RatedRow[], of: { model?: Model; triton: boolean }) {
  return rows
    .filter(({ row }) => of.model === undefined || row.model === of.model)
    .filter(({ row }) => row.system.endsWith('Triton') === of.triton)
}

const errorsIn = (rows: readonly RatedRow[]) =>
  errorFigures(rows.map(({ row, error }) => ({ at: row.system, error })))

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
  const some = selected(all, { triton })
  return { rows: some.length, withinBar: within(some), worst: errorsIn(some).worst.error }
}

/** The headline rows of a system, in the order of the models. */
function ofSystem({ rows }: MlperfStudy, system: string): RatedRow[] {
  return MODELS.map(
    (model) => rows.find(({ row }) => row.system === system && row.model === model)!,
  )
}

function missedOf(study: MlperfStudy): string[] {
  return HEADLINES.flatMap((system) => {
    const met = within(ofSystem(study, system))
    const bar = `${MODELS_NEEDED} of ${MODELS.length} models within ${whole(BAR)}`
    return met >= MODELS_NEEDED ? [] : [`MLPerf ${system}: ${met} models, bar: ${bar}`]
  })
}

function textOf(study: MlperfStudy): string {
  const [nvidia, triton] = [ratesOf(study, false), ratesOf(study, true)]
  return `## From offline to server: MLPerf

How much of its offline throughput can a server use if requests arrive at random and p99 has a limit? MLPerf v1.1 publishes both for the same
systems: *offline*, with all samples at hand, and *server*, with Poisson arrivals of single samples and a limit of p99. The batch curve follows from
the offline row, and the server rate is predicted. **Nothing is fitted to a server row.**

${HEADLINES.map((system) => verdictText(study, system)).join(' ')}
The bar is ${whole(BAR)} for at least ${MODELS_NEEDED} of ${MODELS.length} models. ${nvidia.withinBar} of all ${nvidia.rows} rows with NVIDIA's own harness are within it, and
${triton.withinBar} of ${triton.rows} rows with Triton.

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
  const met = within(ofSystem(study, system))
  const verdict = met >= MODELS_NEEDED ? 'met' : '**missed**'
  return `\`${system}\`: ${met} of ${MODELS.length} models are within ${whole(BAR)} (${verdict}).`
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
  const lines = MODELS.flatMap((model) =>
    [false, true].flatMap((triton) => {
      const some = selected(rows, { model, triton })
      if (some.length === 0) return []
      const { bias, worst } = errorsIn(some)
      const figures = [signedPercent(bias), signedPercent(worst.error), `${within(some)}`]
      return [[triton ? `${model}, Triton` : model, `${some.length}`, ...figures]]
    }),
  )
  const heads = ['model', 'rows', 'median error', 'largest error', `within ${whole(BAR)}`]
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
  const headline = rows.filter(({ row }) => isHeadline(row))
  return {
    title: `Server rates predicted from offline rates are within ${whole(BAR)} in ${within(headline)} of ${headline.length} headline results`,
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
