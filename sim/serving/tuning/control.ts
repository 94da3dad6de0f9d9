import type { Ms } from '../ports.ts'

/** What was observed in a window. */
export interface WindowView {
  /** requests that ended */
  readonly ended: number
  /** those with a latency, which is endless where they gave up waiting; those within the target */
  readonly latencies: number
  readonly met: number
  /** requests that the setting itself refused */
  readonly refused: number
  /** of the latencies, to 1 %; `percent` is between 0 and 100 */
  percentileMs(percent: number): Ms
}

/** The next value of a setting, before it is rounded, and why. */
export interface TuningDecision {
  readonly value: number
  /** what was observed: a percentile in ms, or the share within the target */
  readonly measured: number
  readonly reason: string
}

/** Chooses the value of a setting for the next window. */
export interface Controller {
  /** Null where the window says nothing, so that the value stays. */
  decide(view: WindowView): TuningDecision | null
}
