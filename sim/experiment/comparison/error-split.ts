import type { ErrorSplit, ReplayError } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'

/** Figures at one percentile, ms. */
interface SplitFigures {
  /** geometric means, whose ratio less 1 is the error that is split */
  readonly measured: number
  readonly simulated: number
  /** of the replays that are measured */
  readonly structure: readonly ReplayError[]
  readonly predictions: readonly number[]
  /** each again on a machine as fast as the control kernel says; null: not known */
  readonly now: readonly number[] | null
  /** the same on a machine as fast as the replays recorded it */
  readonly level: readonly number[]
}

/**
 * Splits a prediction error into parts that add up to it: from measured to simulated latency on the
 * machine of each replay (structure), on a like machine of the same speed (noise), on one of the
 * speed that the control kernel shows (service model), and on that of the profile (drift). The
 * steps are ratios; the additive share of each is its logarithm times the logarithmic mean of both
 * ends over the measured latency (Ang 2004, LMDI-I). Null where a figure has no logarithm.
 */
export function splitError(of: SplitFigures): ErrorSplit | null {
  const { measured, simulated, predictions, now, level } = of
  const whole = log(simulated / measured)
  const structure = meanLogRatio(
    of.structure.map((error) => error.simulated),
    of.structure.map((error) => error.measured),
  )
  const drift = now && meanLogRatio(predictions, now)
  const serviceModel = meanLogRatio(now ?? predictions, level)
  const noise = whole - structure - serviceModel - (drift ?? 0)
  const share = whole === 0 ? 1 : (simulated / measured - 1) / whole
  const split = {
    structure: share * structure,
    service_model: share * serviceModel,
    drift: drift && share * drift,
    noise: share * noise,
  }
  return Object.values(split).every((part) => Number.isFinite(part ?? 0)) ? split : null
}

/** Mean logarithm of the ratios of pairs. */
function meanLogRatio(above: readonly number[], below: readonly number[]): number {
  return above.reduce((sum, value, i) => sum + log(value / below[i]!), 0) / above.length
}
