import {
  type BatchCurvesChart,
  batchCurvesChart,
} from '../../../reports/charts/accelerator/batch-curves.ts'
import { fixed, percent, signedPercent } from '../../../reports/format.ts'
import {
  type BatchPoint,
  type Constant,
  powerByUse,
  readCurve,
  tokenEnergyJ,
} from '../../../sim/accelerator/index.ts'
import {
  type AcceleratorsFigures,
  type OneSeries,
  seriesErrors,
} from '../../claims/figures/accelerators.ts'
import {
  type ErrorAt,
  type ErrorFigures,
  errorFigures,
  errorText,
  medianText,
} from '../../claims/figures/parts.ts'
import { markdownTable } from '../../markdown-table.ts'
import type { FiguredSection } from '../../study.ts'
import { sharedTable } from '../published.ts'

const TABLE = sharedTable('facts/mlenergy_llama31_h100.csv')
/** Public source of the rows. */
const SOURCE =
  'ml-energy/leaderboard@0cd52da, public/data/models/meta-llama__Llama-3.1-{8B,70B}-Instruct.json'

export const haveGenerationRows = () => TABLE.exists

/** A published run of a model at a limit of sequences. */
interface GenerationRow {
  readonly gpus: number
  /** most sequences that the engine takes into a step */
  readonly maxSequences: number
  /** mean sequences in a step */
  readonly batch: number
  readonly tokensPerS: number
  readonly itlP50Ms: number
  /** of all GPUs together */
  readonly powerW: number
  readonly tokenJ: number
}

export const MODELS = ['Llama-3.1-8B', 'Llama-3.1-70B'] as const
type GenerationModel = (typeof MODELS)[number]

/** The rows of a model, with rising batches. */
const rowsOf = (model: GenerationModel) =>
  TABLE.rows().filter((row) => row.model === `meta-llama/${model}-Instruct`)

export const generationRows = (model: GenerationModel): GenerationRow[] =>
  rowsOf(model).map((row) => ({
    gpus: Number(row.gpus),
    maxSequences: Number(row.max_sequences),
    batch: Number(row.avg_batch),
    tokensPerS: Number(row.tokens_per_s),
    itlP50Ms: Number(row.itl_p50_ms),
    powerW: Number(row.power_w_total),
    tokenJ: Number(row.joule_per_token),
  }))

/** Percentiles of the gaps between tokens, ms, by batch. */
export const generationTails = (model: GenerationModel) =>
  rowsOf(model).map(({ avg_batch: batch, itl_p50_ms: p50, itl_p90_ms: p90, itl_p99_ms: p99 }) => {
    return { batch: Number(batch), p50: Number(p50), p90: Number(p90), p99: Number(p99) }
  })

type Curve = (batch: number) => number
export type Predictor = (rows: readonly GenerationRow[]) => Curve

/** Throughput × ITL p50 over the batch: 1 by Little's law, if the median were the mean. */
export const littleRatio = ({ tokensPerS, itlP50Ms, batch }: GenerationRow) =>
  (tokensPerS * itlP50Ms) / 1000 / batch

/** Mean time between two tokens of a sequence, ms, by Little's law. */
const meanItlMs = ({ tokensPerS, batch }: GenerationRow) => (1000 * batch) / tokensPerS

type Of = (row: GenerationRow) => number

function points(rows: readonly GenerationRow[], of: Of): BatchPoint[] {
  return rows.map((row) => ({ batch: row.batch, value: of(row) }))
}

/** Lines between rows over the batch; beyond them the last line goes on. */
const lines =
  (of: Of): Predictor =>
  (rows) =>
  (batch) =>
    readCurve({ points: points(rows, of), over: 'batch', outside: 'line' }, batch).value

/** Lines between rows over both logarithms. */
const logLines =
  (of: Of): Predictor =>
  (rows) =>
  (batch) => {
    const logs = points(rows, (row) => Math.log(of(row)))
    return Math.exp(readCurve({ points: logs, over: 'log batch', outside: 'line' }, batch).value)
  }

/** Tokens/s of a batch in which each sequence has a token in this time. */
const throughputOf =
  (itl: Predictor): Predictor =>
  (rows) => {
    const ms = itl(rows)
    return (batch) => (1000 * batch) / ms(batch)
  }

/** The line a + b × batch with the least squares of relative errors of the mean time. */
function straightLine(rows: readonly GenerationRow[]): Curve {
  let [uu, uv, vv, u, v] = [0, 0, 0, 0, 0]
  for (const row of rows) {
    const [x, y] = [1 / meanItlMs(row), row.batch / meanItlMs(row)]
    ;[uu, uv, vv, u, v] = [uu + x * x, uv + x * y, vv + y * y, u + x, v + y]
  }
  const determinant = uu * vv - uv * uv
  const [a, b] = [(u * vv - v * uv) / determinant, (v * uu - u * uv) / determinant]
  return (batch) => a + b * batch
}

/** Ways to predict throughput; the first is the one that is used. */
export const THROUGHPUT_APPROACHES: readonly { readonly text: string; readonly by: Predictor }[] = [
  {
    text: 'batch ÷ mean ITL; the mean ITL a line over the batch between two rows',
    by: throughputOf(lines(meanItlMs)),
  },
  {
    text: 'throughput a line between two rows, over both logarithms',
    by: logLines(({ tokensPerS }) => tokensPerS),
  },
  {
    text: 'batch ÷ ITL p50: the published median taken for the mean',
    by: throughputOf(lines(({ itlP50Ms }) => itlP50Ms)),
  },
  {
    text: 'batch ÷ mean ITL; the mean ITL one straight line a + b × batch for all rows',
    by: throughputOf(straightLine),
  },
]

interface Quantity {
  readonly name: string
  readonly of: Of
  readonly by: Predictor
}

export const QUANTITIES: readonly Quantity[] = [
  { name: 'throughput', of: ({ tokensPerS }) => tokensPerS, by: THROUGHPUT_APPROACHES[0]!.by },
  { name: 'ITL p50', of: ({ itlP50Ms }) => itlP50Ms, by: lines(({ itlP50Ms }) => itlP50Ms) },
  {
    name: 'power',
    of: ({ powerW }) => powerW,
    by: (rows) => (batch) => {
      const measured = points(rows, ({ powerW }) => powerW)
      return readCurve({ points: measured, over: 'log batch', outside: 'nearest' }, batch).value
    },
  },
]

/** Alternate rows: fitted from the first or from the second on, and the others. */
export function alternate(rows: readonly GenerationRow[], from: 0 | 1) {
  const fitted = rows.filter((_, i) => i % 2 === from)
  return { fitted, others: rows.filter((row) => !fitted.includes(row)) }
}

/** The error of each of these rows. */
export function errorsOf(curve: Curve, rows: readonly GenerationRow[], of: Of): ErrorAt[] {
  return rows.map((row) => ({
    at: `${row.maxSequences}`,
    error: curve(row.batch) / of(row) - 1,
  }))
}

/** Limit of the median relative error of each quantity. */
export const GENERATION_BAR = 0.1

const IMAGE = 'accelerators-generation.png'
const STARTS = [0, 1] as const
const STARTS_TEXT = ['1st, 3rd, …', '2nd, 4th, …'] as const

interface Test {
  readonly model: GenerationModel
  readonly from: 0 | 1
  readonly quantity: Quantity
  readonly figures: ErrorFigures
}

/** Throughput, ITL and power of a served model by batch: alternate rows predict the others. */
export function mlenergySection(): FiguredSection<AcceleratorsFigures['llama']> {
  const tests = MODELS.flatMap((model) =>
    STARTS.flatMap((from) =>
      QUANTITIES.map((quantity): Test => {
        const { by, of } = quantity
        return { model, from, quantity, figures: predictedBy(by, of, { model, from }) }
      }),
    ),
  )
  const missed = tests
    .filter(({ figures }) => figures.median > GENERATION_BAR)
    .map(({ model, from, quantity, figures: { median } }) => {
      const start = `${quantity.name} of ${model} from its ${STARTS_TEXT[from]} row`
      return `${start}: ${percent(median)}, bar ${percent(GENERATION_BAR)}.`
    })
  const figures = QUANTITIES.map(({ name }) => {
    const ofQuantity = tests.filter(({ quantity }) => quantity.name === name)
    const series = ofQuantity.map(({ model, figures: { median, worst } }): OneSeries => {
      const at = `${model}, ${worst.at} sequences`
      return { median, worst: { error: worst.error, at }, met: median <= GENERATION_BAR }
    })
    return [name, seriesErrors(series)] as const
  })
  return {
    text: textOf(tests, missed.length === 0),
    images: [[IMAGE, batchCurvesChart(chartOf(tests))]],
    missed,
    figures: Object.fromEntries(figures),
  }
}

function predictedBy(
  by: Predictor,
  of: Quantity['of'],
  { model, from }: Pick<Test, 'model' | 'from'>,
): ErrorFigures {
  const { fitted, others } = alternate(generationRows(model), from)
  return errorFigures(errorsOf(by(fitted), others, of))
}

function textOf(tests: readonly Test[], met: boolean): string {
  const rows = tests.map(({ model, from, quantity, figures }) => [
    model,
    quantity.name,
    STARTS_TEXT[from],
    errorText(figures),
  ])
  const approaches = THROUGHPUT_APPROACHES.map(({ text, by }) => [
    text,
    ...MODELS.flatMap((model) =>
      STARTS.map((from) => {
        return medianText(predictedBy(by, ({ tokensPerS }) => tokensPerS, { model, from }))
      }),
    ),
  ])
  const heads = MODELS.flatMap((model) => STARTS.map((from) => `${model}, ${STARTS_TEXT[from]}`))
  return `## Throughput, ITL and power by batch: ML.ENERGY

Published: ${SOURCE}.
vLLM with bfloat16 and chat requests: Llama-3.1-8B on one H100, Llama-3.1-70B on four. A row is a limit of sequences in a step, from 8 up to 768 (8B) and 1,024 (70B).
Every other row is fitted, from the first or from the second on, and the rows between are predicted. The batch of a row, its published mean of sequences in a
step, is given; in a simulation it is a result. Errors: median, signed median, worst row.

${markdownTable(['model', 'quantity', 'fitted rows', `error (bar ${percent(GENERATION_BAR)})`], rows, 'lllr')}

**The bar is ${met ? 'met by each quantity, for both models and both halves' : 'missed'}.**
Each half leaves ends outside the fit: the 1st, 3rd, … rows the row of 1,024 (70B); the 2nd, 4th, … rows those of 8 (both) and of 768 (8B).
There the last line goes on (throughput, ITL) or the nearest value stays (power), and the result is marked as extrapolated.

![Throughput and power by batch, published and predicted](../images/${IMAGE})

**Little's law** links the three columns.
Throughput × mean ITL is the number of sequences in a step. The published ITL is a median, so throughput × ITL p50 ÷ batch is
${littleText()}. The median is below the mean; steps that also take in a prompt last longer, which would explain it. So the mean time between
tokens is taken as batch ÷ throughput, and throughput is predicted from it. Power ÷ throughput is the published energy of a token, within ${percent(energyError())} in each row. Median errors of
throughput by four approaches:

${markdownTable(['throughput is', ...heads], approaches)}

**The fall between 512 and 768.** ${fallText()}

**Without measured power**, the fallback is no substitute.
It is idle power, and of the rest the used share of arithmetic plus that of bandwidth; it is marked as uncalibrated. Errors: ${fallbackText()}. Assumed: ${fixed(IDLE_W.value, 0)} W idle, 700 W, 989 TFLOP/s and 3,350 GB/s (${PEAK_SOURCE}), 8.03 and 70.6 billion
parameters (model cards), 2 FLOPs a parameter and token, weights read once a step. KV cache, prompts
and what a saturated chip draws beyond its arithmetic are not in it.

**Assumed.**
Prompts and answers as in these runs (chat), one engine and version. The rows have no idle power and no row of prefill alone.`
}

/** "0.87 to 0.98 for Llama-3.1-8B and …". */
function littleText(): string {
  const ranges = MODELS.map((model) => {
    const ratios = generationRows(model).map(littleRatio)
    return `${fixed(Math.min(...ratios), 2)} to ${fixed(Math.max(...ratios), 2)} for ${model}`
  })
  return ranges.join(' and ')
}

/** The largest difference between power ÷ throughput and the published energy of a token. */
export function energyError(): number {
  const rows = MODELS.flatMap(generationRows)
  return Math.max(
    ...rows.map(({ powerW, tokensPerS, tokenJ }) => {
      return Math.abs(tokenEnergyJ(powerW, tokensPerS) / tokenJ - 1)
    }),
  )
}

interface Fall {
  readonly text: string
  /** limits of the rows that are fitted */
  readonly fitted: readonly number[]
  /** predicted throughput at the batch of the row of 768, over that of the row of 512, less 1 */
  readonly change: number
  /** errors of the two rows */
  readonly errors: readonly [at512: number, at768: number]
}

/** The published fall of the 8B, and what remains of it by the rows that are fitted. */
export function falls(): { readonly published: number; readonly predicted: readonly Fall[] } {
  const rows = generationRows('Llama-3.1-8B')
  const [at512, at768] = [512, 768].map((n) => rows.find((row) => row.maxSequences === n)!)
  const halves = STARTS.map((from) => alternate(rows, from).fitted)
  const sets: readonly (readonly [string, readonly GenerationRow[], Predictor])[] = [
    ['all rows', rows, THROUGHPUT_APPROACHES[0]!.by],
    [
      'alternate rows and both ends of the fall',
      withFall(halves[0]!, rows),
      THROUGHPUT_APPROACHES[0]!.by,
    ],
    ['alternate rows without 512', halves[0]!, THROUGHPUT_APPROACHES[0]!.by],
    ['alternate rows without 768', halves[1]!, THROUGHPUT_APPROACHES[0]!.by],
    ['all rows, one straight line a + b × batch', rows, THROUGHPUT_APPROACHES[3]!.by],
  ]
  const predicted = sets.map(([text, fitted, by]): Fall => {
    const curve = by(fitted)
    const [low, high] = [curve(at512!.batch), curve(at768!.batch)]
    return {
      text,
      fitted: fitted.map(({ maxSequences }) => maxSequences),
      change: high / low - 1,
      errors: [low / at512!.tokensPerS - 1, high / at768!.tokensPerS - 1],
    }
  })
  return { published: at768!.tokensPerS / at512!.tokensPerS - 1, predicted }
}

const withFall = (fitted: readonly GenerationRow[], rows: readonly GenerationRow[]) =>
  rows.filter((row) => fitted.includes(row) || row.maxSequences === 512)

function fallText(): string {
  const { published, predicted } = falls()
  const table = markdownTable(
    ['fitted', 'from 512 to 768', 'error at 512', 'error at 768'],
    predicted.map(({ text, change, errors }) => [text, ...[change, ...errors].map(signedPercent)]),
  )
  const rows = generationRows('Llama-3.1-8B')
  const last = rows.at(-1)!
  return `The published throughput of the 8B changes by ${signedPercent(published)} from a limit of 512 sequences to one of 768. The curve passes through each row that it is fitted on and has no
extremes between rows. So it keeps the fall if both rows are among the fitted. If one of them is predicted, the fall is lost: neighbouring rows do not announce it.
Alternate rows never hold both, so no half of the rows predicts the fall.

${table}

The mean batch of the last row is ${fixed(last.batch, 0)}, not ${last.maxSequences}: the engine does not fill its limit. That fits a full KV cache, which makes it preempt and recompute
sequences. The rows do not show whether it does. A simulation with the memory of the cache would have to produce the fall; a curve over the batch cannot.`
}

/** An assumption: a tenth of the limit. */
const IDLE_W: Constant = { value: 70, origin: 'uncalibrated', source: 'a tenth of the limit' }
const PEAK_SOURCE = 'aiconfigurator@095f58a, systems/h100_sxm.yaml'
const LIMIT_W: Constant = { value: 700, origin: 'published', source: PEAK_SOURCE }
const PEAK = { flops: 989e12, bytesPerS: 3350e9 }
const PARAMETERS: Readonly<Record<GenerationModel, number>> = {
  'Llama-3.1-8B': 8.03e9,
  'Llama-3.1-70B': 70.6e9,
}

function fallbackText(): string {
  return MODELS.map((model) => {
    const errors = generationRows(model).map((row) => {
      const { gpus, tokensPerS, batch, powerW, maxSequences } = row
      const computeShare = (2 * PARAMETERS[model] * tokensPerS) / (gpus * PEAK.flops)
      const bytes = (2 * PARAMETERS[model] * tokensPerS) / batch
      const bandwidthShare = bytes / (gpus * PEAK.bytesPerS)
      const { watts } = powerByUse(
        { idleW: IDLE_W, limitW: LIMIT_W },
        { computeShare, bandwidthShare },
      )
      return { at: `${maxSequences}`, error: (gpus * watts) / powerW - 1 }
    })
    return `${model} ${errorText(errorFigures(errors))}`
  }).join('; ')
}

/** Points of a drawn curve. */
const STEPS = 150

function chartOf(tests: readonly Test[]): BatchCurvesChart {
  const panel = (
    { name }: Pick<Quantity, 'name'>,
    of: (row: GenerationRow) => number,
    axis: { readonly unit: string; readonly range: readonly [number, number] },
  ) => ({
    title: name,
    quantity: axis.unit,
    range: axis.range,
    curves: MODELS.map((model) => {
      const rows = generationRows(model)
      const { fitted } = alternate(rows, 0)
      const { by } = QUANTITIES.find((quantity) => quantity.name === name)!
      const curve = by(fitted)
      const [low, high] = [rows[0]!.batch, rows.at(-1)!.batch]
      const share = name === 'power' ? 1 / rows[0]!.gpus : 1
      const line = Array.from({ length: STEPS + 1 }, (_, i) => {
        const batch = low * (high / low) ** (i / STEPS)
        return { batch, value: curve(batch) * share }
      })
      const points = rows.map((row) => {
        return { batch: row.batch, value: of(row), fitted: fitted.includes(row) }
      })
      return { name: model.replace('Llama-3.1-', ''), points, line }
    }),
  })
  return {
    title: `Half of the rows predict the others within ${percent(Math.max(...tests.map(({ figures }) => figures.median)))} (median), but not the fall beyond 512`,
    subtitle:
      'Llama-3.1 by ML.ENERGY, vLLM: 8B on one H100, 70B on four · hollow: fitted, filled: predicted',
    panels: [
      panel({ name: 'throughput' }, ({ tokensPerS }) => tokensPerS, {
        unit: 'tokens/s',
        range: [0, 11_000],
      }),
      panel({ name: 'power' }, ({ powerW, gpus }) => powerW / gpus, {
        unit: 'power of one GPU (W)',
        range: [400, 720],
      }),
    ],
  }
}
