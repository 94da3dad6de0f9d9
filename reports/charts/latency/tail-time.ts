import type { Comparison, Distribution, Result, TailPoint } from '../../../sim/documents/index.ts'

/** A time of requests that has a tail: from their arrival to their end, or of their tokens. */
export type TailTime = 'latency' | 'ttft' | 'tpot'

/** As it is named on an axis. */
export const TIME_NAMES = { latency: 'latency', ttft: 'TTFT', tpot: 'TPOT' } as const

/** Curves of a time, ms; none where a result does not have it. */
interface TailCurves {
  /** over all runs */
  readonly tail: readonly TailPoint[]
  /** of each run */
  readonly tails: readonly (readonly TailPoint[])[]
}

const NO_CURVES: TailCurves = Object.freeze({ tail: [], tails: [] })

export const tailsOf = (result: Result, time: TailTime): TailCurves =>
  time === 'latency' ? result : (result.token_tails?.[time] ?? NO_CURVES)

/** The figures of a class; null where it does not have this time. */
export const figuresOf = (
  { latency, tokens }: Result['classes'][number],
  time: TailTime,
): Distribution | null => (time === 'latency' ? latency : (tokens?.[time] ?? null))

/** The checks of a time; undefined where it was not compared. */
export const checksOfTime = ({ checks, token_times }: Comparison, time: TailTime) =>
  time === 'latency' ? checks : token_times?.[time]?.checks
