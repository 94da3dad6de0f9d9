import { exp, type Random } from '../sim/kernel/index.ts'

/** Drift of a machine: the logarithm of its speed is a sum of processes that forget. */

/** Time for which the speed stays as it is, ms. */
export const STEP_MS = 50

export interface Drift {
  /** time in which its autocorrelation falls to 1/e, ms */
  readonly ms: number
  /** standard deviation of the logarithm */
  readonly deviation: number
}

/** The logarithm of the speed in each of so many steps. */
export function driftedLogs(drifts: readonly Drift[], steps: number, random: Random): number[] {
  const levels = drifts.map(({ deviation }) => deviation * random.normal())
  return Array.from({ length: steps }, () => {
    for (const [i, { ms, deviation }] of drifts.entries()) {
      const keptShare = exp(-STEP_MS / ms)
      levels[i] =
        keptShare * levels[i]! + Math.sqrt(1 - keptShare * keptShare) * deviation * random.normal()
    }
    return levels.reduce((sum, level) => sum + level, 0)
  })
}
