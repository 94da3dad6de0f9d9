import { log, sum } from '../../kernel/index.ts'
import { type NextOccasion, nextOccasion, nextQuantile } from '../../stats/index.ts'
import type { ModelProfile, ProfileWidths } from '../../world/index.ts'

type Widened = Pick<ModelProfile, 'work' | 'widths'>
type Region = ProfileWidths['regions'][number]
type Occasion = ProfileWidths['occasions'][number]

/** The median of absolute normal errors in standard deviations. */
const MEDIAN_ERROR = 0.6745

/**
 * How far the speed of a model may be from that of its profile on another occasion, as a logarithm.
 * Null where the profile has no scatter between occasions.
 */
export function nextSpeed({ work, widths }: Widened): NextOccasion | null {
  if (widths === undefined) return null
  return nextOccasion({
    calibrations: byCalibration(widths, ({ speeds }) => speeds.map((speed) => log(speed))),
    levels: widths.levels.map((replays) => replays.map((level) => log(level))),
    more: shapesVariance(widths.regions, work),
  })
}

/** The same of the cost of its idle executors, as a multiple of that of the profile. */
export function nextIdle({ widths }: Widened): NextOccasion | null {
  if (widths === undefined) return null
  const calibrations = byCalibration(widths, ({ idle }) => (idle === null ? [] : [idle]))
  const known = calibrations
    .map((occasions) => occasions.filter((values) => values.length > 0))
    .filter((occasions) => occasions.length > 0)
  return nextOccasion({ calibrations: known, levels: [], more: 0 })
}

/** Half of the 95 % interval of the logarithm of a speed; null where it is not known. */
export const speedHalfWidth = (model: Widened): number | null => halfWidth(nextSpeed(model))

/** The same of the cost of idle executors, as a multiple of that of the profile. */
export const idleHalfWidth = (model: Widened): number | null => halfWidth(nextIdle(model))

const halfWidth = (next: NextOccasion | null) => next && nextQuantile(next, 0.975)

/** How many occasions, and of how many calibrations, a profile has. */
export function occasionsOf({ widths }: Widened): {
  readonly occasions: number
  readonly calibrations: number
} {
  const each = widths?.occasions ?? []
  const calibrations = new Set(each.map(({ calibration }) => calibration)).size
  return { occasions: each.length, calibrations }
}

/** The occasions of each calibration, the last one last. */
function byCalibration(
  { occasions }: ProfileWidths,
  valuesOf: (occasion: Occasion) => number[],
): number[][][] {
  const calibrations = new Map<string, number[][]>()
  for (const occasion of occasions) {
    const values = calibrations.get(occasion.calibration) ?? []
    values.push(valuesOf(occasion))
    calibrations.set(occasion.calibration, values)
  }
  return [...calibrations.values()]
}

/**
 * The variance that times between measured shapes add. Errors of single shapes are independent, and
 * traffic that meets shapes between others meets many of them, about as many as a region has cells.
 */
function shapesVariance(regions: readonly Region[], { sizes, lengths }: ModelProfile['work']) {
  const variances = regions.map(({ error, fromSize, toSize, fromLength, toLength }) => {
    if (error === null) return 0
    const rows = sizes.filter((size) => size >= fromSize && size <= toSize).length
    const columns = lengths.filter((length) => length >= fromLength && length <= toLength).length
    return (error / MEDIAN_ERROR) ** 2 / Math.max(1, rows * columns)
  })
  return sum(variances) / variances.length
}
