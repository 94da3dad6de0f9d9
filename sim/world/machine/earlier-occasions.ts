import { exp, log, sum } from '../../kernel/index.ts'
import { MOST_FACTOR, type ModelProfile, type ProfileWidths } from './profile.ts'
import { tabulatedWork, wakeCost } from './work.ts'

type Occasion = ProfileWidths['occasions'][number]

/** Calibrations whose occasions a profile keeps. */
const MOST_CALIBRATIONS = 8

/**
 * A model that was measured again, with the occasions of its earlier calibrations: their speeds and
 * costs are those of the new work and the new wake-up cost. Where shapes that both have measured
 * are none, or where a profile has no occasions, it stays as it is.
 */
export function withEarlierOccasions(fresh: ModelProfile, earlier: ModelProfile): ModelProfile {
  const { widths } = fresh
  if (widths === undefined || earlier.widths === undefined) return fresh
  const own = new Set(widths.occasions.map(({ calibration }) => calibration))
  const others = earlier.widths.occasions.filter(({ calibration }) => !own.has(calibration))
  const calibrations = [...new Set(others.map(({ calibration }) => calibration))]
  const kept = calibrations.slice(Math.max(0, calibrations.length + own.size - MOST_CALIBRATIONS))
  const factors = widths.regions.map((region) => factorsIn(region, fresh, earlier))
  if (factors.some((of) => of.length === 0)) return fresh
  const idleFactor = costFactor(fresh, earlier)
  const rescaled = others
    .filter(({ calibration }) => kept.includes(calibration))
    .map(({ calibration, speeds, idle }): Occasion => {
      return {
        calibration,
        speeds: factors.map((of) => {
          const logs = of.map(({ region, factor }) => log(speeds[region]! * factor))
          return Number(within(exp(sum(logs) / logs.length)).toPrecision(4))
        }),
        idle:
          idle === null || idleFactor === null
            ? null
            : Number(Math.min(MOST_FACTOR, idle * idleFactor).toPrecision(4)),
      }
    })
  return { ...fresh, widths: { ...widths, occasions: [...rescaled, ...widths.occasions] } }
}

const within = (speed: number) => Math.min(MOST_FACTOR, Math.max(1 / MOST_FACTOR, speed))

/** Of each cell of a region that the earlier profile covers: its region there, new by old work. */
function factorsIn(
  { fromSize, toSize, fromLength, toLength }: ProfileWidths['regions'][number],
  { work }: ModelProfile,
  earlier: ModelProfile,
): { readonly region: number; readonly factor: number }[] {
  const { regions } = earlier.widths!
  const before = tabulatedWork(earlier.work)
  const first = { size: earlier.work.sizes[0]!, length: earlier.work.lengths[0]! }
  const isIn = (value: number, from: number, to: number) => value >= from && value <= to
  return work.sizes.flatMap((size, i) =>
    work.lengths.flatMap((length, j) => {
      if (!isIn(size, fromSize, toSize) || !isIn(length, fromLength, toLength)) return []
      if (size < first.size || length < first.length) return []
      // regions rise by size, and then by length
      const region = regions.findIndex((of) => size <= of.toSize && length <= of.toLength)
      if (region < 0) return []
      return [{ region, factor: work.ms[i]![j]! / before.mean(size, length) }]
    }),
  )
}

/** The earlier wake-up cost over the new one, at the idle times of the new one; null of none. */
function costFactor({ wake }: ModelProfile, earlier: ModelProfile): number | null {
  const cost = sum(wake.ms)
  if (cost === 0) return null
  return sum(wake.gapMs.map((gap) => wakeCost(earlier.wake, gap))) / cost
}
