import { exp, log } from '../kernel/index.ts'

/** A load under a power cap, W. */
export interface CappedLoad {
  readonly capW: number
  /** the highest limit of the device */
  readonly limitW: number
  /** average power of this load at the highest limit */
  readonly uncappedW: number
  /** average power under the lightest load: no cap reduces the power below it */
  readonly floorW: number
}

/** A measured load: its time under the cap over its time at the highest limit. */
export interface CapRow extends CappedLoad {
  readonly slowdown: number
}

/**
 * What a slowdown is a function of: the cap over the limit, over the uncapped power of the load,
 * or both above the floor: (cap − floor) / (uncapped − floor).
 */
export type CapVariable = 'limit' | 'uncapped' | 'dynamic'
export const CAP_VARIABLES = ['limit', 'uncapped', 'dynamic'] as const

/** Slowdown: 1 from the knee on, (knee / share)^slope below. */
export interface CapCurve {
  readonly variable: CapVariable
  readonly knee: number
  readonly slope: number
  /** the smallest share among the fitted rows; below it the curve is extrapolated */
  readonly lowestShare: number
}

export function capShare({ capW, limitW, uncappedW, floorW }: CappedLoad, variable: CapVariable) {
  if (variable === 'limit') return capW / limitW
  if (variable === 'uncapped') return capW / uncappedW
  if (!(capW > floorW)) {
    throw new RangeError(`Expected a cap above the floor of ${floorW} W, got ${capW} W`)
  }
  return uncappedW > floorW ? (capW - floorW) / (uncappedW - floorW) : Number.POSITIVE_INFINITY
}

export interface CapReading {
  readonly slowdown: number
  readonly extrapolated: boolean
}

export function slowdownOf(curve: CapCurve, load: CappedLoad): CapReading {
  const share = capShare(load, curve.variable)
  return {
    slowdown: share < curve.knee ? exp(curve.slope * log(curve.knee / share)) : 1,
    extrapolated: share < Math.min(curve.lowestShare, curve.knee),
  }
}

/** Power of a capped load, W. A device may exceed a cap near its floor. */
export function cappedPowerW({ capW, uncappedW }: Pick<CappedLoad, 'capW' | 'uncappedW'>): number {
  return Math.min(capW, uncappedW)
}

/** Candidates for the knee, and halvings of the distance between two of them. */
const KNEES = 200
const REFINEMENTS = 40
/** Loads slow down no more above this share. */
const HIGHEST_KNEE = 1.5

/** Knee and slope with the least squares of ln slowdown. The slope is at least 0. */
export function fitCap(rows: readonly CapRow[], variable: CapVariable): CapCurve {
  const points = rows.map((row) => ({ x: log(capShare(row, variable)), y: log(row.slowdown) }))
  const lowest = points.reduce((least, { x }) => Math.min(least, x), log(HIGHEST_KNEE))
  if (!(lowest < log(HIGHEST_KNEE))) throw new RangeError('Expected rows with a lower cap')
  const slopeFor = (knee: number) => {
    let [xy, xx] = [0, 0]
    for (const { x, y } of points) {
      const below = Math.max(0, knee - x)
      xy += below * y
      xx += below * below
    }
    return xx > 0 ? Math.max(0, xy / xx) : 0
  }
  const squares = (knee: number) => {
    const slope = slopeFor(knee)
    return points.reduce((sum, { x, y }) => sum + (y - slope * Math.max(0, knee - x)) ** 2, 0)
  }
  let step = (log(HIGHEST_KNEE) - lowest) / KNEES
  let [knee, best] = [lowest, squares(lowest)]
  const consider = (at: number) => {
    const sum = squares(at)
    if (sum < best) [knee, best] = [at, sum]
  }
  for (let i = 1; i <= KNEES; i++) consider(lowest + i * step)
  for (let i = 0; i < REFINEMENTS; i++) {
    step /= 2
    const middle = knee
    consider(middle - step)
    consider(middle + step)
  }
  return { variable, knee: exp(knee), slope: slopeFor(knee), lowestShare: exp(lowest) }
}

/** Relative error of each row: predicted slowdown over the measured one, less 1. */
export function capErrors(curve: CapCurve, rows: readonly CapRow[]): number[] {
  return rows.map((row) => slowdownOf(curve, row).slowdown / row.slowdown - 1)
}

/**
 * Fitted on all published training runs of V100 and A40 under power caps (Zeus, NSDI 2023;
 * docs/background/accelerators.md). Whether a served model slows down alike is not measured.
 */
export const TRAINING_CAP: CapCurve = Object.freeze({
  variable: 'dynamic',
  knee: 0.828,
  slope: 0.655,
  lowestShare: 0.102,
})
