import { median } from 'simple-statistics'
import { rooflineChart } from '../../../reports/charts/accelerator/roofline.ts'
import { count, fixed, signedPercent } from '../../../reports/format.ts'
import { errorsByRegion, IDEAL, totalWork } from '../../../sim/accelerator/index.ts'
import { markdownTable } from '../../markdown-table.ts'
import {
  crossing,
  DEGREES,
  FEW,
  GPUS,
  LLAMA_APPROACHES,
  LLAMA_BAR,
  LLAMA_SOURCE,
  type LlamaRow,
  type LlamaStudy,
  llamaStudy,
  measuredTimes,
  predictedTimes,
  USUAL,
  unfittedErrors,
} from './llama-study.ts'
import type { Section } from './section.ts'

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
    ...DEGREES.map(
      (degree) => `1 of ${degree}: median (bar ${fixed(100 * LLAMA_BAR, 0)} %), bias, worst`,
    ),
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

const figure = (share: number) => `${fixed(100 * share, 1)} %`

function missedOf({ gpu, errors }: LlamaStudy): string[] {
  return [...errors].flatMap(([degree, { median: middle }]) =>
    middle <= LLAMA_BAR
      ? []
      : [`${gpu.name}, 1 of ${degree}: median ${figure(middle)}, bar ${figure(LLAMA_BAR)}`],
  )
}

function errorCells({ gpu, errors }: LlamaStudy): string[] {
  const cells = [...errors.values()].map(({ median: middle, bias, worst }) => {
    return `${figure(middle)}, ${signedPercent(bias)}, ${signedPercent(worst.error)} at ${worst.row.tokens}`
  })
  return [gpu.name, ...cells]
}

function fitCells({ gpu, validated }: LlamaStudy): string[] {
  const of = (values: readonly number[], places: number) =>
    [...new Set(values.map((value) => fixed(value, places)))].join(' and ')
  const { fits, heldOut } = validated
  const regions = [...errorsByRegion(heldOut)].map(
    ([region, { rows, median: middle, worst }]) =>
      `${region} (${rows}): ${figure(middle)}, worst ${signedPercent(worst.error)}`,
  )
  return [
    gpu.name,
    `${of(
      fits.map(({ launchUs }) => launchUs.all!),
      1,
    )} µs`,
    of(
      fits.map(({ computeEfficiency }) => computeEfficiency.FP16!),
      2,
    ),
    of(
      fits.map(({ memoryEfficiency }) => memoryEfficiency),
      2,
    ),
    of(
      fits.map(({ sharpness }) => sharpness),
      1,
    ),
    regions.join('; '),
  ]
}

/** Token counts of the end of the flat part and of the knee, measured and predicted. */
export function knees(study: LlamaStudy, degree: number) {
  const [measured, predicted] = [measuredTimes(study, degree), predictedTimes(study, degree)]
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
  const worst = errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
  return `${figure(median(errors.map(Math.abs)))}, ${signedPercent(median([...errors]))}, ${signedPercent(worst)}`
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
