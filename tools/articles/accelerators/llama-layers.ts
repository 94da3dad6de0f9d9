import { median } from 'simple-statistics'
import { rooflineChart } from '../../../reports/charts/accelerator/roofline.ts'
import { count, fixed, signedPercent } from '../../../reports/format.ts'
import {
  crossValidate,
  errorsByRegion,
  heldOutErrors,
  IDEAL,
  type MeasuredPass,
  type PassOnCard,
  passTime,
  passWork,
  type RooflineCard,
  type RooflineFit,
  type RooflineShape,
  type Transformer,
  totalWork,
} from '../../../sim/accelerator/index.ts'
import { errorFigures, tenths, whole } from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { Section } from '../../study.ts'
import { sharedTable } from '../published.ts'
import { accelerator } from './bert.ts'

/** Public source of the rows. */
const LLAMA_SOURCE =
  'microsoft/vidur@7d47513, data/profiling/compute/*/meta-llama/Llama-2-7b-hf/mlp.csv'

const TABLE = sharedTable('facts/vidur_llama2_7b_layer_times.csv.gz')
export const haveLlama = () => TABLE.exists

/** Bar on the median error of the held-out token counts of a GPU and degree. */
export const LLAMA_BAR = 0.08

/** One layer; the rows have no embedding, output layer or attention kernel. */
const LAYER: Transformer = {
  kind: 'decoder',
  layers: 1,
  hidden: 4096,
  heads: 32,
  feedForward: 11_008,
  gated: true,
  vocabulary: 32_000,
}

/** Figures of the datasheet: GB/s, and dense FP16 TFLOP/s. */
const catalogued = (name: string, card: string) => {
  const { bandwidth_gb_s: bandwidth, tflops } = accelerator(card)
  return { name, card, bandwidthGbS: bandwidth.value, tflops: tflops.fp16!.value }
}

/** By their names in the rows, and in the catalogue, which has no A40. */
export const GPUS = [
  { name: 'A40', card: null, bandwidthGbS: 696, tflops: 149.7 },
  catalogued('A100', 'a100-sxm-80'),
  catalogued('H100', 'h100-sxm'),
] as const
type Gpu = (typeof GPUS)[number]

export const DEGREES = [1, 2, 4, 8] as const

interface LlamaRow extends MeasuredPass {
  readonly degree: number
}

/** Operators of a layer without the attention kernel, on one of `degree` cards. */
function layerPass({ bandwidthGbS, tflops }: Gpu, degree: number, tokens: number): PassOnCard {
  const groups = passWork(LAYER, {
    sequences: 1,
    tokens,
    weightBits: 16,
    activationBits: 16,
    fusedAttention: true,
    logits: 0,
    cards: degree,
  }).filter(({ name }) => name !== 'attention')
  const names = { precision: 'FP16', kernels: 'all', at: { tokens, degree } }
  return { groups, tokens, bandwidthGbS, tflops, ...names }
}

export function llamaRows(gpu: Gpu): LlamaRow[] {
  return TABLE.rows()
    .filter((cells) => cells.gpu === gpu.name.toLowerCase())
    .map((cells) => {
      const degree = Number(cells.tensor_parallel)
      const ms = Number(cells.per_layer_ms_excl_attention)
      return { ...layerPass(gpu, degree, Number(cells.num_tokens)), degree, ms }
    })
}

interface LlamaApproach {
  readonly text: string
  readonly shape: RooflineShape
}

export const LLAMA_APPROACHES = {
  plain: { text: 'launch time and two efficiencies', shape: { saturation: false, soft: false } },
  saturating: {
    text: 'and compute efficiency falls in small passes',
    shape: { saturation: true, soft: false },
  },
  soft: { text: 'and the knee is rounded', shape: { saturation: false, soft: true } },
} as const satisfies Readonly<Record<string, LlamaApproach>>

/** A GPU by its fit: all degrees of tensor parallel at once, halves of the counts in turn. */
type LlamaStudy = ReturnType<typeof llamaStudy>

export function llamaStudy(
  gpu: Gpu,
  { shape }: LlamaApproach = LLAMA_APPROACHES.soft,
  rows: readonly LlamaRow[] = llamaRows(gpu),
) {
  const counts = [...new Set(rows.map(({ tokens }) => tokens))].sort((a, b) => a - b)
  const halves = new Map(counts.map((tokens, i) => [tokens, i % 2]))
  const validated = crossValidate(rows, ({ tokens }) => halves.get(tokens)!, { ...shape, folds: 2 })
  const of = (degree: number) =>
    heldOutErrors(validated.heldOut.filter(({ row }) => row.degree === degree))
  return { gpu, rows, validated, errors: new Map(DEGREES.map((degree) => [degree, of(degree)])) }
}

type Efficiencies = Pick<RooflineCard, 'launchUs' | 'computeEfficiency' | 'memoryEfficiency'>

/** Signed errors without a fit. */
export function unfittedErrors(rows: readonly LlamaRow[], efficiencies: Efficiencies): number[] {
  return rows.map(({ bandwidthGbS, tflops, groups, tokens, ms }) => {
    const card = { bandwidthGbS, tflops, ...efficiencies }
    return passTime(card, groups, tokens).ms / ms - 1
  })
}

/** Efficiencies that are often assumed without a measurement. */
const USUAL = { launchUs: 5, computeEfficiency: 0.7, memoryEfficiency: 0.8 } as const

/** The time of at most this many tokens is flat. */
const FEW = 16

/** The token count at which a time first exceeds that of few tokens by a factor, interpolated. */
export function crossing(times: readonly TimedPass[], factor: number): number {
  const few = times.filter(({ tokens }) => tokens <= FEW)
  const level = factor * median(few.map(({ ms }) => ms))
  const i = times.findIndex(({ ms }) => ms > level)
  if (i < 1) return Number.NaN
  const [before, after] = [times[i - 1]!, times[i]!]
  const share = (level - before.ms) / (after.ms - before.ms)
  return before.tokens + share * (after.tokens - before.tokens)
}

interface TimedPass {
  readonly tokens: number
  readonly ms: number
}

/**
 * Times of a degree by rising token count: measured, and predicted for each token count by the fit
 * to the other half.
 */
function timesOf({ rows, validated }: LlamaStudy, degree: number) {
  const rising = (times: readonly TimedPass[]) => times.toSorted((a, b) => a.tokens - b.tokens)
  const predicted = validated.heldOut.filter(({ row }) => row.degree === degree)
  return {
    measured: rising(rows.filter((row) => row.degree === degree)),
    predicted: rising(predicted.map(({ row, predicted: { ms } }) => ({ tokens: row.tokens, ms }))),
  }
}

const IMAGE = 'accelerators-llama-layers.png'

/** Factors of the time of few tokens at which the flat part ends, and at the knee. */
const FLAT = 1.25
const KNEE = 2

/** Layers of Llama-2-7B by token count: a fit to every other count, and the datasheet alone. */
export function llamaLayersSection(): Section {
  const studies = GPUS.map((gpu) => llamaStudy(gpu))
  const missed = studies.flatMap(missedOf)
  const counts = studies[0]!.rows.filter(({ degree }) => degree === 1).length
  const text = `## Layers of Llama-2-7B on A40, A100 and H100

[Vidur](https://github.com/microsoft/vidur) publishes the time of a layer without its attention kernel (${LLAMA_SOURCE}; sums of operator medians, FP16)
at ${counts} token counts from 1 to 4,096, on one card as part of 1, 2, 4 or 8. All-reduces are not in it.
For each GPU, one launch time, two efficiencies and the sharpness of the knee are fitted to every other token count, with all degrees of tensor
parallel together. The other counts are predicted, and both halves take turns.

${markdownTable(
  [
    'GPU',
    ...DEGREES.map((degree) => `1 of ${degree}: median (bar ${whole(LLAMA_BAR)}), bias, worst`),
  ],
  studies.map(errorCells),
)}

${missed.length === 0 ? '**The bar is met for every GPU and degree.**' : `**Missed: ${missed.join('; ')}.**`}

${markdownTable(
  [
    'GPU',
    'launch',
    'compute efficiency',
    'memory efficiency',
    'sharpness',
    'errors by what bounds the time',
  ],
  studies.map(fitCells),
  'lrrrrl',
)}

The worst errors are next to steps of the measured time, for example from 128 to 136 and from 256 to 264 tokens. That suggests kernels
that work on whole tiles of tokens. The fit is smooth.

### The flat part and the knee

Few tokens take as long as one, because the weights must be read anyway. The flat part ends where the time is ${FLAT} times that of few tokens (median up
to ${FEW} tokens), and the knee is where it is ${KNEE} times. Measured, then predicted from the other half of the counts, in tokens:

${markdownTable(['GPU', ...DEGREES.map((degree) => `flat part, knee, 1 of ${degree}`)], studies.map(kneeCells))}

${kneeText(studies)}

### Simpler fits, and the datasheet alone

Median of the absolute errors over all degrees, signed median, and worst. The last two use no measurement, and nothing is claimed beyond these errors:

${markdownTable(['GPU', ...Object.values(LLAMA_APPROACHES).map(({ text }) => text), 'datasheet at its word', 'assumed efficiencies'], studies.map(otherCells))}

Assumed for all cards alike: ${100 * USUAL.computeEfficiency} % of peak, ${100 * USUAL.memoryEfficiency} % of bandwidth, ${USUAL.launchUs} µs a kernel. The datasheet at its word is too fast in ${fastText(studies)} rows.

![Speed of a layer of Llama-2-7B by arithmetic intensity](../images/${IMAGE})`
  return { text, images: [[IMAGE, chartOf(studies)]], missed }
}

function missedOf({ gpu, errors }: LlamaStudy): string[] {
  return [...errors].flatMap(([degree, { median: middle }]) =>
    middle <= LLAMA_BAR
      ? []
      : [`${gpu.name}, 1 of ${degree}: median ${tenths(middle)}, bar ${tenths(LLAMA_BAR)}`],
  )
}

function errorCells({ gpu, errors }: LlamaStudy): string[] {
  const cells = [...errors.values()].map(({ median: middle, bias, worst }) => {
    return `${tenths(middle)}, ${signedPercent(bias)}, ${signedPercent(worst.error)} at ${worst.row.tokens}`
  })
  return [gpu.name, ...cells]
}

function fitCells({ gpu, validated }: LlamaStudy): string[] {
  const { fits, heldOut } = validated
  const of = (value: (fit: RooflineFit) => number, places: number) =>
    [...new Set(fits.map((fit) => fixed(value(fit), places)))].join(' and ')
  const regions = [...errorsByRegion(heldOut)].map(
    ([region, { rows, median: middle, worst }]) =>
      `${region} (${rows}): ${tenths(middle)}, worst ${signedPercent(worst.error)}`,
  )
  return [
    gpu.name,
    `${of(({ launchUs }) => launchUs.all!, 1)} µs`,
    of(({ computeEfficiency }) => computeEfficiency.FP16!, 2),
    of(({ memoryEfficiency }) => memoryEfficiency, 2),
    of(({ sharpness }) => sharpness, 1),
    regions.join('; '),
  ]
}

/** Token counts of the end of the flat part and of the knee, measured and predicted. */
export function knees(study: LlamaStudy, degree: number) {
  const { measured, predicted } = timesOf(study, degree)
  const at = (factor: number) => ({
    measured: crossing(measured, factor),
    predicted: crossing(predicted, factor),
  })
  return { flat: at(FLAT), knee: at(KNEE) }
}

function kneeCells(study: LlamaStudy): string[] {
  const pair = ({ measured, predicted }: { measured: number; predicted: number }) =>
    `${fixed(measured, 0)} → ${fixed(predicted, 0)}`
  const cells = DEGREES.map((degree) => {
    const { flat, knee } = knees(study, degree)
    return `${pair(flat)}, ${pair(knee)}`
  })
  return [study.gpu.name, ...cells]
}

function kneeText(studies: readonly LlamaStudy[]): string {
  const errors = (degree: number) =>
    studies.map((study) => {
      const { measured, predicted } = knees(study, degree).knee
      return predicted / measured - 1
    })
  const most = (degree: number) => Math.max(...errors(degree).map(Math.abs))
  return `The knee of a whole layer on one card is predicted within ${fixed(100 * most(1), 0)} %, that of an eighth within ${fixed(100 * most(8), 0)} %:
the smaller the part, the more of its time is launches, which the fit takes as equal for all kernels. The end of the flat part
is a step in the measurements (often from 64 to 72 tokens) and gradual in the fit, so only its magnitude agrees.`
}

function errorsText(errors: readonly number[]): string {
  const { median, bias, worst } = errorFigures(errors.map((error) => ({ at: '', error })))
  return `${tenths(median)}, ${signedPercent(bias)}, ${signedPercent(worst.error)}`
}

function otherCells({ gpu, rows }: LlamaStudy): string[] {
  const fitted = Object.values(LLAMA_APPROACHES).map((approach) =>
    llamaStudy(gpu, approach, rows).validated.heldOut.map(({ error }) => error),
  )
  const unfitted = [IDEAL, USUAL].map((efficiencies) => unfittedErrors(rows, efficiencies))
  return [gpu.name, ...[...fitted, ...unfitted].map(errorsText)]
}

function fastText(studies: readonly LlamaStudy[]): string {
  const errors = studies.flatMap(({ rows }) => unfittedErrors(rows, IDEAL))
  return `${count(errors.filter((error) => error < 0).length)} of ${count(errors.length)}`
}

function chartOf(studies: readonly LlamaStudy[]) {
  const point = (row: LlamaRow, ms: number) => {
    const { flops, bytes } = totalWork(row.groups)
    return { intensity: flops / bytes, tflops: flops / ms / 1e9 }
  }
  const fits = studies.flatMap(({ validated }) => validated.fits)
  const compute = fits.map(({ computeEfficiency }) => computeEfficiency.FP16!)
  const memory = fits.map(({ memoryEfficiency }) => memoryEfficiency)
  const reached = (shares: readonly number[]) =>
    `${fixed(100 * Math.min(...shares), 0)} to ${fixed(100 * Math.max(...shares), 0)} %`
  return rooflineChart({
    title: `A layer of Llama-2-7B reaches ${reached(compute)} of the peak and ${reached(memory)} of the bandwidth`,
    subtitle:
      'Vidur, FP16, one card, 1 to 4,096 tokens, without attention · the line is predicted by a fit to every other token count',
    panels: studies.map(({ gpu, rows, validated }) => ({
      name: gpu.name,
      bandwidthGbS: gpu.bandwidthGbS,
      tflops: gpu.tflops,
      measured: rows.filter(({ degree }) => degree === 1).map((row) => point(row, row.ms)),
      fitted: validated.heldOut
        .filter(({ row, fold }) => row.degree === 1 && fold === 0)
        .map(({ row, predicted }) => point(row, predicted.ms))
        .sort((a, b) => a.intensity - b.intensity),
    })),
  })
}
