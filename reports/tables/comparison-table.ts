import { geometricMean } from 'simple-statistics'
import {
  byVerdict,
  type Comparison,
  namedTimes,
  type PercentileComparison,
  type ReplayError,
  type Verdict,
  type WhatIf,
  worst,
} from '../../sim/documents/index.ts'
import { largest } from '../charts/frame.ts'
import { count, NONE, percentileName, signedPercent, time, valueText } from '../format.ts'
import { type Cell, cellOf } from './percentile-tables.ts'
import { replaysText } from './summary.ts'

/** Percentiles of a comparison with their verdicts, for pages and terminals alike. */
export interface VerdictTable {
  readonly caption: string
  /** the heads of a terminal, and of a page */
  readonly columns: readonly (readonly [terminal: string, page: string])[]
  readonly rows: readonly VerdictRow[]
}

interface VerdictRow {
  readonly percentile: string
  readonly cells: readonly Cell[]
  /** what is compared; reasons for missing figures are stated for these only */
  readonly sides: readonly [Side, Side]
  readonly verdicts: readonly (Verdict | null)[]
}

type Side = readonly [name: string, cell: Cell]

const INTERVAL = '[low,\u00a0high]'

/** What the figures of the table are. */
export const COMPARISON_NOTES = [
  'Simulated: geometric mean of replications, and where a next run is in 95 % of cases, by chance and by how the recordings of the profile differ.',
  'Measured: geometric mean of replays and its 95 % interval. Prediction error: simulated over measured, less 1.',
  'Structure error: the same for simulations on the machine that each replay recorded; worst replay: of a single one.',
  'A/A: median difference of two replays. Verdict: structure / prediction. n: per replay.',
] as const

/**
 * Percentiles of both sides, and the error split into its kinds. Figures of a row are of one kind:
 * geometric means, and the ratio of them.
 */
export function comparisonTable(comparison: Comparison): VerdictTable {
  return {
    caption: `Percentiles of the latency of all served requests, ${replaysText(comparison)}`,
    columns: [
      ['percentile', 'percentile'],
      ['n', 'requests per replay'],
      ['simulated', `simulated ${INTERVAL}`],
      ['measured', `measured ${INTERVAL}`],
      ['structure error', 'structure error'],
      ['worst replay', 'structure error, worst single replay'],
      ['prediction error', 'prediction error'],
      ['A/A', 'A/A, median'],
      ['verdict', 'structure / prediction'],
    ],
    rows: comparison.percentiles.map((row) => {
      const { structure, verdicts } = row
      const [simulated, measured] = [cellOf(row.simulated, 'time'), cellOf(row.measured, 'time')]
      const far = largest(structure, (error) => Math.abs(error.error_relative))
      const errors = [meanError(structure), far?.error_relative ?? null, predictionError(row)]
      return {
        percentile: percentileName(row.p),
        cells: [
          { text: count(row.n) },
          simulated,
          measured,
          ...errors.map((error) => errorCell(error, row)),
          noiseCell(row),
        ],
        sides: [
          ['simulated', simulated],
          ['measured', measured],
        ],
        verdicts: [verdicts.structure, verdicts.prediction],
      }
    }),
  }
}

const OF_TOKENS = {
  ttft: 'time to first token (TTFT)',
  tpot: 'time per output token after the first (TPOT)',
} as const

/** The same of all requests and, where tokens are generated, of their times: the worst first. */
export function comparisonTables(comparison: Comparison): VerdictTable[] {
  const ofTokens = namedTimes(comparison.token_times).map(({ key, percentiles }) => ({
    ...comparisonTable({ ...comparison, percentiles }),
    caption: `Percentiles of the ${OF_TOKENS[key]}, ${replaysText(comparison)}`,
  }))
  return worstFirst([comparisonTable(comparison), ...ofTokens])
}

/** By their worst verdicts; those of equal verdicts stay in order. */
const worstFirst = (tables: readonly VerdictTable[]) =>
  tables
    .map((table) => {
      const verdicts = table.rows.flatMap((row) => row.verdicts.flatMap((verdict) => verdict ?? []))
      return { table, verdict: worst(verdicts) }
    })
    .sort((a, b) => byVerdict(a.verdict, b.verdict))
    .map(({ table }) => table)

/** What the second table is about. */
export const STALL_FREE_NOTE =
  'A request met a stall if the dispatcher or an executor of its station stood still while it was in the system.'

/**
 * The same of the requests that met no stall of the machine; null where none met one, or where
 * tokens are generated.
 */
export function stallFreeTable(comparison: Comparison): VerdictTable | null {
  if (comparison.stall_free === undefined) return null
  const { share, percentiles } = comparison.stall_free
  if (share.measured.low === 1 && share.simulated.low === 1) return null
  const [measured, simulated] = [share.measured, share.simulated].map((estimate) =>
    valueText(estimate, 'share'),
  )
  return {
    ...comparisonTable({ ...comparison, percentiles }),
    caption: `Percentiles of the latency of requests that met no stall: ${measured} of the measured, ${simulated} of the simulated`,
  }
}

/** Simulated over measured, less 1: the geometric mean of replays; null for none. */
export function meanError(errors: readonly ReplayError[]): number | null {
  if (errors.length === 0) return null
  return geometricMean(errors.map(({ simulated, measured }) => simulated / measured)) - 1
}

/** Of the figures in the row. */
function predictionError({ simulated, measured }: PercentileComparison): number | null {
  if (simulated.value === null || measured.value === null) return null
  return simulated.value / measured.value - 1
}

function errorCell(error: number | null, row: PercentileComparison): Cell {
  if (error !== null) return { text: signedPercent(error) }
  const reason = row.measured.reason ?? row.simulated.reason ?? 'nothing to compare'
  return { text: NONE, reason }
}

function noiseCell({
  noise_floor,
  measured,
}: Pick<PercentileComparison, 'noise_floor' | 'measured'>): Cell {
  const { median: middle } = noise_floor
  if (middle !== null) return { text: `±${signedPercent(middle).replace(/^\+/, '')}` }
  return { text: NONE, reason: measured.reason ?? 'needs two replays' }
}

/** Effect of the changes on each percentile: both sides, and the predicted and measured ratio. */
export function whatIfTable({ percentiles }: WhatIf): VerdictTable {
  return {
    caption: 'What the change does to the latency',
    columns: [
      ['percentile', 'percentile'],
      ['n', 'requests per replay'],
      ['A', 'A, measured'],
      ['B', 'B, measured'],
      ['B/A predicted', `B/A predicted ${INTERVAL}`],
      ['B/A measured', `B/A measured ${INTERVAL}`],
      ['error', 'error'],
      ['A/A', 'A/A, median'],
      ['verdict', 'verdict'],
    ],
    rows: percentiles.map((row) => {
      const texts = [
        count(row.n),
        pooledTime(
          row.a,
          row.each.map(({ a }) => a),
        ),
        pooledTime(
          row.b,
          row.each.map(({ b }) => b),
        ),
      ]
      const [predicted, measured] = [cellOf(row.predicted, 'plain'), cellOf(row.measured, 'plain')]
      const error = { text: signedPercent(row.error_relative) }
      return {
        percentile: percentileName(row.p),
        cells: [...texts.map((text) => ({ text })), predicted, measured, error, noiseCell(row)],
        sides: [
          ['predicted', predicted],
          ['measured', measured],
        ],
        verdicts: [row.verdict],
      }
    }),
  }
}

/** The same of the latency and, where tokens are generated, of their times: the worst first. */
export function whatIfTables(whatIf: WhatIf): VerdictTable[] {
  const ofTokens = namedTimes(whatIf.token_times).map(({ key, percentiles }) => ({
    ...whatIfTable({ ...whatIf, percentiles }),
    caption: `What the change does to the ${OF_TOKENS[key]}`,
  }))
  return worstFirst([whatIfTable(whatIf), ...ofTokens])
}

/** A time over all rounds, ms, to the digits that the range of the rounds supports. */
function pooledTime(value: number, rounds: readonly number[]): string {
  const range = rounds.length < 2 ? null : (Math.max(...rounds) - Math.min(...rounds)) / 2
  return time(value, range)
}
