import { median } from 'simple-statistics'
import {
  APPROACHES,
  type Approach,
  capacityOf,
  highestRate,
  modelOf,
  type Tail,
  tailAt,
} from './mlperf-rate.ts'
import { HEADLINES, MODELS, type Model, type ServerRow, serverRows } from './mlperf-rows.ts'

/** Largest relative error of the highest rate. */
export const BAR = 0.1
/** Models of each headline system that must be within the bar. */
export const MODELS_NEEDED = 3

/** A row with its simulation. */
export interface RatedRow {
  readonly row: ServerRow
  /** highest simulated rate of all cards, samples/s */
  readonly highestRps: number
  /** highest simulated over published rate, − 1 */
  readonly error: number
  /** latency at the published rate; null where that exceeds the simulated capacity */
  readonly tail: Tail | null
}

export interface MlperfStudy {
  readonly rows: readonly RatedRow[]
  /** errors of the headline rows by approach, in the order of `headlineRows` */
  readonly approaches: Readonly<Record<Approach, readonly number[]>>
}

export const isHeadline = ({ system }: ServerRow) =>
  (HEADLINES as readonly string[]).includes(system)

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

export function rated(row: ServerRow): RatedRow {
  const error = errorOf(row, 'single')
  const model = modelOf(row, 'single')
  const rate = row.serverRps / row.cards
  const tail = rate < capacityOf(model) ? tailAt(model, rate) : null
  return { row, highestRps: (1 + error) * row.serverRps, error, tail }
}

export function mlperfStudy(): MlperfStudy {
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
export const within = (errors: readonly number[]) =>
  errors.filter((error) => Math.abs(error) <= BAR).length

/** The rows of a model, or of the systems whose harness is Triton or is not. */
export function errorsOf(rows: readonly RatedRow[], of: { model?: Model; triton?: boolean }) {
  return rows
    .filter(({ row }) => of.model === undefined || row.model === of.model)
    .filter(({ row }) => of.triton === undefined || row.system.endsWith('Triton') === of.triton)
    .map(({ error }) => error)
}

/** Signed median, and the error that is largest in size. */
export function summary(errors: readonly number[]) {
  const worst = errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
  return { median: median([...errors]), worst, within: within(errors), rows: errors.length }
}
