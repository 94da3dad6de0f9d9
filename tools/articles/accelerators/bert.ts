import { median } from 'simple-statistics'
import { heldOutTimes } from '../../../reports/charts/accelerator/held-out-times.ts'
import { LIGHT } from '../../../reports/charts/theme.ts'
import { fixed, signedPercent } from '../../../reports/format.ts'
import { type Accelerator, shippedAccelerators } from '../../../scenarios/index.ts'
import {
  type CrossValidation,
  crossValidate,
  errorsByRegion,
  type HeldOut,
  heldOutErrors,
  passWork,
  predictPass,
  type RooflineShape,
} from '../../../sim/accelerator/index.ts'
import {
  type TransformerWork,
  transformerOf,
} from '../../../sim/experiment/simulation/transformer-times.ts'
import { type SeriesErrors, seriesErrors } from '../../claims/figures/accelerators.ts'
import { tenths, whole } from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { FiguredSection } from '../../study.ts'
import { grouped, sharedTable } from '../published.ts'

/** Public source of the rows. */
export const BERT_SOURCE = 'NVIDIA/FasterTransformer@df4a753, its guide to BERT'
const BERT_PAGE = 'https://github.com/NVIDIA/FasterTransformer/blob/df4a753/docs/bert_guide.md'

const TABLE = sharedTable('facts/fastertransformer_bert_base.csv')
export const haveBert = () => TABLE.exists

const BATCHES: readonly number[] = [1, 8, 32]
const LENGTHS: readonly number[] = [32, 128, 384]
const PRECISIONS = ['FP32', 'TF32', 'FP16', 'INT8-v1', 'INT8-v2'] as const
export type Precision = (typeof PRECISIONS)[number]

/** BERT-base as a scenario has it. */
export const BERT_WORK = {
  law: 'transformer-encoder',
  layers: 12,
  hidden: 768,
  heads: 12,
  vocabulary: 30_522,
  cv: 0,
} as const satisfies TransformerWork
/** The benchmark runs the layers without embeddings and output. */
const BERT_BASE = transformerOf(BERT_WORK)

const catalogue = new Map(shippedAccelerators().map((sheet) => [sheet.name, sheet]))

/** An accelerator of the catalogue. */
export const accelerator = (name: string): Accelerator => catalogue.get(name)!

/** Cards of the rows by their names in the catalogue; the memory of the A100 is assumed. */
export const FITTED_CARDS = { t4: 'T4', 'a100-sxm-40': 'A100' } as const
export type FittedCard = keyof typeof FITTED_CARDS
const FITTED = Object.keys(FITTED_CARDS) as FittedCard[]

/** Precisions of the rows by their names in the catalogue. */
export const CATALOGUED = {
  FP32: 'fp32',
  TF32: 'tf32',
  FP16: 'fp16',
  'INT8-v1': 'int8',
  'INT8-v2': 'int8',
} as const satisfies Readonly<Record<Precision, string>>

const WEIGHT_BITS = { FP32: 32, TF32: 32, FP16: 16, 'INT8-v1': 8, 'INT8-v2': 8 }
const ACTIVATION_BITS = { FP32: 32, TF32: 32, FP16: 16, 'INT8-v1': 16, 'INT8-v2': 8 }

/** A published cell of FasterTransformer with padding, and without. */
export type BertRow = ReturnType<typeof bertRows>[number]

export function bertRows() {
  return TABLE.rows().map((cells) => {
    const [gpu, framework] = [cells.gpu!, cells.framework!]
    const precision = PRECISIONS.find((name) => name === cells.precision)!
    const [batch, length] = [Number(cells.batch), Number(cells.seq)]
    return {
      ...bertPass(gpu, precision, batch, length),
      gpu,
      framework,
      precision,
      batch,
      length,
      ms: Number(cells.ft_padded_ms),
      // sequences of half the length
      unpaddedMs: Number(cells.eff_ft_unpadded_ms),
    }
  })
}

/** A pass over a batch of sequences of one length. */
export function bertPass(gpu: string, precision: Precision, batch: number, length: number) {
  const sheet = accelerator(FITTED.find((card) => FITTED_CARDS[card] === gpu)!)
  const tokens = batch * length
  const groups = passWork(BERT_BASE, {
    sequences: batch,
    tokens: length,
    weightBits: WEIGHT_BITS[precision],
    activationBits: ACTIVATION_BITS[precision],
    // by the guide, one kernel at 16 and 8 bits, and several at 32
    fusedAttention: WEIGHT_BITS[precision] < 32,
  })
  return {
    groups,
    tokens,
    bandwidthGbS: sheet.bandwidth_gb_s.value,
    tflops: sheet.tflops[CATALOGUED[precision]]!.value,
    precision,
    // INT8 adds kernels that convert
    kernels: precision.startsWith('INT8') ? 'INT8' : 'floating point',
    at: { batch, length, tokens },
  }
}

/** Bars on the held-out cells of a GPU, framework and precision. */
export const BERT_BARS = { median: 0.15, worst: 0.4 } as const

/** Cells of batch × length alternate as on a chessboard: the first has batch 1 and length 32. */
export function halfOf({ batch, length }: { readonly batch: number; readonly length: number }) {
  const row = BATCHES.indexOf(batch)
  const column = LENGTHS.indexOf(length)
  return (row + column) % 2
}

/** What is fitted together, and how. */
interface Approach {
  readonly text: string
  readonly shape: RooflineShape
  /** rows with the same name are fitted together */
  readonly together: (row: BertRow) => string
}

const PER_SERVER = ({ gpu, framework }: BertRow) => `${gpu}, ${framework}`
const PER_SERIES = (row: BertRow) => `${PER_SERVER(row)}, ${row.precision}`
const PER_GPU = ({ gpu }: BertRow) => gpu

export const APPROACHES = {
  alone: {
    text: 'each precision alone: launch time, compute and memory efficiency',
    shape: { saturation: false, soft: false },
    together: PER_SERIES,
  },
  shared: {
    text: 'the precisions of a GPU and framework share launch time and memory efficiency',
    shape: { saturation: false, soft: false },
    together: PER_SERVER,
  },
  saturating: {
    text: 'shared, and compute efficiency falls in small passes',
    shape: { saturation: true, soft: false },
    together: PER_SERVER,
  },
  soft: {
    text: 'shared, saturating, and the knee is rounded',
    shape: { saturation: true, soft: true },
    together: PER_SERVER,
  },
  pooled: {
    text: 'saturating, and both frameworks share all parameters',
    shape: { saturation: true, soft: false },
    together: PER_GPU,
  },
} as const satisfies Readonly<Record<string, Approach>>

type ApproachName = keyof typeof APPROACHES

/** The approach that the rest of the study uses. */
const CHOSEN: ApproachName = 'alone'

/** Held-out cells of a GPU, framework and precision, without and with padding removed. */
type BertSeries = ReturnType<typeof bertSeries>[number]

type BertCell = BertSeries['heldOut'][number]

export function bertSeries({ shape, together }: Approach, rows: readonly BertRow[] = bertRows()) {
  const cells = [...grouped(rows, together).values()].flatMap((group) => {
    const validated = crossValidate(group, halfOf, { ...shape, folds: 2 })
    return validated.heldOut.map((cell) => ({ ...cell, unpaddedMs: unpadded(validated, cell) }))
  })
  return [...grouped(cells, ({ row }) => PER_SERIES(row)).values()].map((heldOut) => {
    const { gpu, framework, precision } = heldOut[0]!.row
    const errors = heldOutErrors(heldOut)
    const { median, worst } = errors
    const met = median <= BERT_BARS.median && Math.abs(worst.error) <= BERT_BARS.worst
    return { gpu, framework, precision, heldOut, errors, met }
  })
}

/** By the fit to the other half of the padded cells; no unpadded cell is fitted. */
function unpadded({ fits }: CrossValidation<BertRow>, { row }: HeldOut<BertRow>): number {
  const { gpu, precision, batch, length } = row
  return predictPass(fits[halfOf(row)]!, bertPass(gpu, precision, batch, length / 2)).ms
}

const IMAGE = 'accelerators-bert.png'
const NAMES = Object.keys(APPROACHES) as ApproachName[]

/** FasterTransformer BERT-base on T4 and A100: half of the cells predicted from the others. */
export function bertSection(): FiguredSection<SeriesErrors> {
  const rows = bertRows()
  const series = bertSeries(APPROACHES[CHOSEN], rows)
  const missed = series.filter(({ met }) => !met)
  const cells = series.flatMap(({ heldOut }) => heldOut)
  const inside = cells.filter(({ predicted }) => predicted.outside.length === 0)
  const all = heldOutErrors(cells)
  const within = heldOutErrors(inside)
  const text = `## BERT-base on T4 and A100

[FasterTransformer](${BERT_PAGE}) publishes ${rows.length} latencies of
BERT-base: ${BATCHES.join(', ')} sequences of ${LENGTHS.join(', ')} tokens, by GPU, framework and precision. Work comes from the dimensions of the
model, peaks from the datasheets. A launch time, a compute and a memory efficiency are fitted to alternate cells of the padded
latencies, as on a chessboard over batch × length. Half 1 has 1×32, 1×384, 8×128, 32×32 and 32×384, half 2 the other four. Each half predicts the other.
Assumed: an A100 of 40 GB (the guide does not state it), activations of 16 bits in INT8-v1 and 8 in INT8-v2, and attention in one kernel at 16 and
8 bits, which the guide describes. Parameters that the cells leave open stay near rough values (5 µs a kernel, half of the peak, 70 % of the bandwidth).

${markdownTable(
  [
    'GPU, framework, precision',
    `median error (bar ${whole(BERT_BARS.median)})`,
    'bias',
    `worst (bar ${whole(BERT_BARS.worst)})`,
    'bars',
  ],
  series.map(seriesCells),
)}

All ${cells.length} cells: median error ${tenths(all.median)}, signed ${signedPercent(all.bias)}. A fit extrapolates to ${cells.length - inside.length}
of them, as their token count is outside its half; the other ${inside.length} have a worst error of ${signedPercent(within.worst.error)} (${placeOf(within.worst)}).
By what bounds the predicted time: ${regionsText(cells)}.

${missed.length === 0 ? '**Both bars are met in every series.**' : `**Missed: ${missed.map(missedText).join('; ')}.** ${WHY}`}

Approaches, by the largest median and worst error of a series and the number of series that miss a bar:

${markdownTable(
  ['approach', 'largest median', 'worst', 'missed'],
  NAMES.map((name) => approachCells(name, rows)),
)}

${int8Text(series)}

${paddingText(series)}

![Predicted and published latency of BERT-base](../images/${IMAGE})`
  return {
    text,
    images: [[IMAGE, chartOf(series, all.median)]],
    missed: missed.map(missedText),
    figures: seriesErrors(
      series.map(({ errors: { median, worst }, met }) => {
        return { median, worst: { error: worst.error, at: placeOf(worst) }, met }
      }),
    ),
  }
}

const WHY = `Without tensor cores, the A100 is published with as much time for 128 tokens as for 256 (4.70 and
4.59 ms), but 1.87 ms for 32. That suggests other kernels for few tokens, which a half without 32 tokens cannot show. The fit
extrapolates to that cell and is flagged.`

const nameOf = ({ gpu, framework, precision }: BertSeries) => `${gpu}, ${framework}, ${precision}`
const placeOf = ({ row }: Pick<BertCell, 'row'>) =>
  `${row.gpu}, ${row.framework}, ${row.precision}, ${row.batch}×${row.length}`

function seriesCells(series: BertSeries): string[] {
  const { median: middle, bias, worst } = series.errors
  const at = `${signedPercent(worst.error)} at ${worst.row.batch}×${worst.row.length}`
  return [nameOf(series), tenths(middle), signedPercent(bias), at, series.met ? 'met' : 'missed']
}

const missedText = (series: BertSeries) => {
  const { median: middle, worst } = series.errors
  return `${nameOf(series)}: median ${tenths(middle)} (bar ${whole(BERT_BARS.median)}), worst ${signedPercent(worst.error)} at ${worst.row.batch}×${worst.row.length} (bar ${whole(BERT_BARS.worst)})`
}

function approachCells(name: ApproachName, rows: ReturnType<typeof bertRows>): string[] {
  const series = bertSeries(APPROACHES[name], rows)
  const middle = Math.max(...series.map(({ errors }) => errors.median))
  const { worst } = heldOutErrors(series.flatMap(({ heldOut }) => heldOut))
  const chosen = name === CHOSEN ? ' (used here)' : ''
  const misses = series.filter(({ met }) => !met).length
  return [
    `${APPROACHES[name].text}${chosen}`,
    tenths(middle),
    `${signedPercent(worst.error)} (${placeOf(worst)})`,
    `${misses} of ${series.length}`,
  ]
}

function regionsText(cells: readonly BertCell[]): string {
  return [...errorsByRegion(cells)]
    .map(([region, { rows, median: middle, worst }]) => {
      return `${region} ${rows} cells, median ${tenths(middle)}, worst ${signedPercent(worst.error)}`
    })
    .join('; ')
}

/** Times of INT8 over those of FP16 at one batch size, published and predicted. */
export function int8Ratios(series: readonly BertSeries[], batch: number) {
  return series.flatMap(({ gpu, framework, precision, heldOut }) => {
    if (!precision.startsWith('INT8')) return []
    const half = series.find(
      (of) => of.gpu === gpu && of.framework === framework && of.precision === 'FP16',
    )!
    return LENGTHS.map((length) => {
      const at = (cells: readonly BertCell[]) =>
        cells.find(({ row }) => row.batch === batch && row.length === length)!
      const [eight, sixteen] = [at(heldOut), at(half.heldOut)]
      return {
        gpu,
        precision,
        length,
        published: eight.row.ms / sixteen.row.ms,
        predicted: eight.predicted.ms / sixteen.predicted.ms,
      }
    })
  })
}

const INT8_MODES = ['INT8-v1', 'INT8-v2'] as const

function int8Text(series: readonly BertSeries[]): string {
  const rows = ['T4', 'A100'].flatMap((gpu) =>
    BATCHES.map((batch) => {
      const ofGpu = int8Ratios(series, batch).filter((of) => of.gpu === gpu)
      const cells = INT8_MODES.flatMap((mode) => {
        const ratios = ofGpu.filter(({ precision }) => precision === mode)
        return [ratios.map((of) => of.published), ratios.map((of) => of.predicted)].map(rangeText)
      })
      return [`${gpu}, batch ${batch}`, ...cells]
    }),
  )
  const atOne = int8Ratios(series, 1)
  const lost = atOne.filter(({ published }) => published >= 1).length
  const agreed = atOne.filter(
    ({ published, predicted }) => published >= 1 === predicted >= 1,
  ).length
  const middle = (of: 'published' | 'predicted') =>
    fixed(median(atOne.map((ratio) => ratio[of])), 2)
  return `### INT8 at batch 1

Time of INT8 over that of FP16, median and range over frameworks and lengths:

${markdownTable(['GPU, batch', ...INT8_MODES.flatMap((mode) => [`${mode}, published`, 'predicted'])], rows)}

At batch 1, INT8 gains nothing: its median time is ${middle('published')} times that of FP16, predicted ${middle('predicted')}.
The pass is launch-bound there, and INT8 adds kernels that convert. It is slower in ${lost} of ${atOne.length} published cells, and predictions have
the same sign in ${agreed}. The exceptions are on the T4 at 128 and
384 tokens: a sequence of that length is long enough there for computing to matter.`
}

function rangeText(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)]
  return `${fixed(median([...values]), 2)} (${fixed(low, 2)} to ${fixed(high, 2)})`
}

/** Speed-ups by removing padding in a batch of 32, published and predicted. */
export function paddingSpeedups(series: readonly BertSeries[]) {
  return series.flatMap(({ heldOut }) =>
    heldOut
      .filter(({ row }) => row.batch === 32)
      .map((cell) => ({
        cell,
        published: cell.row.ms / cell.row.unpaddedMs,
        predicted: cell.predicted.ms / cell.unpaddedMs,
      })),
  )
}

/** Range of speed-ups that is quoted for a batch of 32. */
export const QUOTED = [1.5, 2.1] as const
const quoted = (speedup: number) => speedup >= QUOTED[0] - 0.05 && speedup < QUOTED[1] + 0.05

function paddingText(series: readonly BertSeries[]): string {
  const speedups = paddingSpeedups(series)
  const rows = ['T4', 'A100'].flatMap((gpu) =>
    LENGTHS.map((length) => {
      const of = speedups.filter(({ cell: { row } }) => row.gpu === gpu && row.length === length)
      return [
        `${gpu}, 32×${length}`,
        rangeText(of.map(({ published }) => published)),
        rangeText(of.map(({ predicted }) => predicted)),
      ]
    }),
  )
  const errors = speedups.map(({ published, predicted }) => Math.abs(predicted / published - 1))
  const both = (of: 'published' | 'predicted') =>
    speedups.filter((speedup) => quoted(speedup[of])).length
  return `### Padding removal at batch 32

The benchmark fills half of each sequence with padding. The unpadded time is predicted as that of sequences of half the length, and no
unpadded latency is fitted.

${markdownTable(['GPU, batch × length', 'published speed-up', 'predicted speed-up'], rows)}

${both('published')} of ${speedups.length} published speed-ups and ${both('predicted')} predicted ones are 1.5 to 2.1 (to a tenth).
${outsideText(speedups)} Median error of the speed-up ${tenths(median(errors))}, worst ${tenths(Math.max(...errors))}.`
}

function outsideText(speedups: ReturnType<typeof paddingSpeedups>): string {
  const outside = speedups.filter(({ published }) => !quoted(published))
  const short = outside.filter(({ cell: { row } }) => row.gpu === 'A100' && row.length === 32)
  return `Of the ${outside.length} other published ones, ${short.length} are batches of 32×32 on an A100: launch time is a large part there, and stays.`
}

const LOOKS: Readonly<
  Record<Precision, { color: string; shape: 'circle' | 'square' | 'triangle-up' | 'diamond' }>
> = {
  FP32: { color: LIGHT.ink, shape: 'circle' },
  TF32: { color: LIGHT.queue, shape: 'diamond' },
  FP16: { color: LIGHT.measured, shape: 'square' },
  'INT8-v1': { color: LIGHT.simulated, shape: 'triangle-up' },
  'INT8-v2': { color: LIGHT.prediction, shape: 'triangle-up' },
}

function chartOf(series: readonly BertSeries[], middle: number) {
  const precisions = Object.keys(LOOKS) as Precision[]
  return heldOutTimes({
    title: `Half of the published BERT latencies predict the other half within ${whole(middle)} in the median`,
    subtitle:
      'FasterTransformer, BERT-base, TensorFlow and PyTorch · each cell by a fit to the other half of its series',
    bar: BERT_BARS.worst,
    panels: ['T4', 'A100'].map((gpu) => ({
      name: gpu,
      series: precisions.flatMap((precision) => {
        const points = series
          .filter((of) => of.gpu === gpu && of.precision === precision)
          .flatMap(({ heldOut }) => heldOut)
          .map(({ row, predicted }) => ({ measured: row.ms, predicted: predicted.ms }))
        return points.length === 0 ? [] : [{ name: precision, ...LOOKS[precision], points }]
      }),
    })),
  })
}
