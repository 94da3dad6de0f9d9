import { type BatchPoint, readCurve } from '../../../sim/accelerator/index.ts'
import { factRows, haveFacts } from './facts.ts'
import type { RowError } from './signed-errors.ts'

const FILE = 'mlenergy_llama31_h100.csv'
/** Public source of the rows. */
export const SOURCE =
  'ml-energy/leaderboard@0cd52da, public/data/models/meta-llama__Llama-3.1-{8B,70B}-Instruct.json'

export const haveGenerationRows = () => haveFacts(FILE)

/** A published run of a model at a limit of sequences. */
export interface GenerationRow {
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
export type GenerationModel = (typeof MODELS)[number]

/** The rows of a model, with rising batches. */
export function generationRows(model: GenerationModel): GenerationRow[] {
  return factRows(FILE)
    .filter((row) => row.get('model') === `meta-llama/${model}-Instruct`)
    .map((row) => {
      const number = (column: string) => Number(row.get(column))
      return {
        gpus: number('gpus'),
        maxSequences: number('max_sequences'),
        batch: number('avg_batch'),
        tokensPerS: number('tokens_per_s'),
        itlP50Ms: number('itl_p50_ms'),
        powerW: number('power_w_total'),
        tokenJ: number('joule_per_token'),
      }
    })
}

/** Percentiles of the gaps between tokens, ms, by batch. */
export function generationTails(model: GenerationModel) {
  return factRows(FILE)
    .filter((row) => row.get('model') === `meta-llama/${model}-Instruct`)
    .map((row) => {
      const number = (column: string) => Number(row.get(column))
      const [p50, p90] = [number('itl_p50_ms'), number('itl_p90_ms')]
      return { batch: number('avg_batch'), p50, p90, p99: number('itl_p99_ms') }
    })
}

export type Curve = (batch: number) => number
export type Predictor = (rows: readonly GenerationRow[]) => Curve

/** Throughput × ITL p50 over the batch: 1 by Little's law, if the median were the mean. */
export const littleRatio = ({ tokensPerS, itlP50Ms, batch }: GenerationRow) =>
  (tokensPerS * itlP50Ms) / 1000 / batch

/** Mean time between two tokens of a sequence, ms, by Little's law. */
export const meanItlMs = ({ tokensPerS, batch }: GenerationRow) => (1000 * batch) / tokensPerS

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

export interface Quantity {
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
export function errorsOf(curve: Curve, rows: readonly GenerationRow[], of: Of): RowError[] {
  return rows.map((row) => ({
    row: `${row.maxSequences}`,
    error: curve(row.batch) / of(row) - 1,
  }))
}
