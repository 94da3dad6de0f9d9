import { median } from 'simple-statistics'
import { namedTimes, type PercentileComparison } from '../../sim/documents/index.ts'
import { percentileLabel } from '../../sim/stats/index.ts'
import type { CaseReport, ChangeReport } from '../fidelity/judge.ts'
import { JUDGED } from '../fidelity/suite.ts'

/** One percentile of one time of the requests of a case. */
export interface Cell {
  /** "TTFT" */
  readonly time: string
  readonly case: string
  readonly row: PercentileComparison
  /** relative and signed: mean over replays, and of the replay that is furthest off */
  readonly structure: number
  readonly worst: number
  /** relative and signed, median over replays */
  readonly prediction: number
  /** whether it was predicted from rehearsals */
  readonly rehearsed: boolean
}

/** "chat, load 0.3, TTFT p50" */
export const cellName = (cell: Pick<Cell, 'case' | 'time'>, p: number) =>
  `${cell.case}, ${cell.time} ${percentileLabel(p)}`

/** Up to p95: above it a replay has too few requests. */
const HIGHEST = 0.95

/** Within what a figure is to be: the larger of these, the second where it is known. */
export interface Bar {
  readonly relative: number
  readonly floor: number | null
}

/** Of the mean structure error. */
export const STRUCTURE_BAR = 0.02
/** Of predictions, or the difference of two replays. */
const PREDICTION_BARS: Readonly<Record<string, number>> = { E2E: 0.05, TPOT: 0.05, TTFT: 0.1 }
/** Of predicted ratios, or the difference of two replays. */
const RATIO_BAR = 0.1

export const limitOf = ({ relative, floor }: Bar) => Math.max(relative, floor ?? 0)

export const predictionBar = ({ time, row }: Cell): Bar => {
  return { relative: PREDICTION_BARS[time]!, floor: row.noise_floor.median }
}

export const ratioBar = ({ row }: RatioCell): Bar => {
  return { relative: RATIO_BAR, floor: row.noise_floor.median }
}

/** Every percentile of every time up to p95. */
export function cellsOf(cases: readonly CaseReport[]): Cell[] {
  return cases.flatMap(({ name, percentiles, checks, token_times }) => {
    const times = [{ title: 'E2E', percentiles, checks }, ...namedTimes(token_times)]
    return times.flatMap(({ title, percentiles: rows }) =>
      rows
        .filter(({ p }) => p <= HIGHEST)
        .map((row): Cell => {
          const errors = row.structure.map(({ error_relative }) => error_relative)
          return {
            case: name.replace(`${JUDGED} `, ''),
            time: title,
            row,
            rehearsed: name.startsWith(JUDGED),
            structure: errors.reduce((sum, error) => sum + error, 0) / errors.length,
            worst: errors.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a)),
            prediction: median(row.prediction.map(({ error_relative }) => error_relative)),
          }
        }),
    )
  })
}

/** The effect of a change on one percentile of one time. */
export interface RatioCell {
  readonly time: string
  readonly case: string
  readonly row: ChangeReport['percentiles'][number]
  readonly control: number | null
}

/** The judged percentiles of every change: p50 and p95. */
export function ratioCells(changes: readonly ChangeReport[]): RatioCell[] {
  return changes.flatMap(({ name, percentiles, check, control, token_times }) => {
    const times = [{ title: 'E2E', percentiles, check }, ...namedTimes(token_times)]
    return times.flatMap(({ title, percentiles: rows }) =>
      rows
        .filter(({ p }) => p === 0.5 || p === HIGHEST)
        .map((row) => ({ case: name, time: title, row, control })),
    )
  })
}
