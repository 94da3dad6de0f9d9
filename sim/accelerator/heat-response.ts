import { exp, log, log1p } from '../kernel/index.ts'
import { bisect } from '../stats/index.ts'

/**
 * Temperature of a device after a change of power, while all powers are constant. With the rates
 * a = 1/(RC) of the device and b = 1/lag of the inlet air,
 *
 *     dT/dt = a (inlet(t) + R P − T),   inlet(t) = inlet(∞) + lead e^(−bt)
 *     T(t) = end + excess e^(−at) + lead a (e^(−bt) − e^(−at)) / (a − b)
 *
 * by variation of constants; for a = b the last fraction is t e^(−at).
 */
export interface HeatResponse {
  /** temperature at last, °C */
  readonly endC: number
  /** temperature now, less that at last, K */
  readonly excessK: number
  /** inlet now, less that at last, K */
  readonly leadK: number
  /** a and b, 1/ms */
  readonly deviceRate: number
  readonly inletRate: number
}

export function temperatureAfter(response: HeatResponse, ms: number): number {
  const { endC, excessK, leadK, deviceRate } = response
  const decayedK = excessK * exp(-deviceRate * ms)
  return endC + decayedK + (leadK === 0 ? 0 : leadK * deviceRate * convolved(response, ms))
}

/** (e^(−bt) − e^(−at)) / (a − b), also for equal rates. */
function convolved({ deviceRate, inletRate }: HeatResponse, ms: number): number {
  const slower = Math.min(deviceRate, inletRate)
  const z = Math.abs(deviceRate - inletRate) * ms
  // the error of the series is z^3/24
  const ratio = z < 1e-4 ? 1 - z / 2 + (z * z) / 6 : (1 - exp(-z)) / z
  return exp(-slower * ms) * ms * ratio
}

/**
 * The time at which the temperature turns; null if it only rises or falls. T'(t) = 0 where
 * (e^((a−b)t) − 1) / (a − b) = (lead − excess) / (lead b).
 */
function turningMs({ excessK, leadK, deviceRate, inletRate }: HeatResponse): number | null {
  if (leadK === 0) return null
  const target = (leadK - excessK) / (leadK * inletRate)
  const difference = deviceRate - inletRate
  if (!(target > 0) || difference * target <= -1) return null
  const z = difference * target
  return Math.abs(z) < 1e-12 ? target : log1p(z) / difference
}

const HALVINGS = 60
const DOUBLINGS = 60

/**
 * Time until the temperature is at least (or at most) `limitC`, ms; 0 if it is now, Infinity if it
 * never is. In closed form where the inlet is constant. Otherwise by bisection, between the turning
 * point, which has a closed form, and the end of each part that only rises or falls.
 */
export function msUntil(
  response: HeatResponse,
  side: 'at least' | 'at most',
  limitC: number,
): number {
  const { endC, excessK, leadK, deviceRate, inletRate } = response
  const sign = side === 'at least' ? 1 : -1
  if (sign * (endC + excessK - limitC) >= 0) return 0
  const reached = sign * (endC - limitC) > 0
  if (leadK === 0) {
    return reached ? log(excessK / (limitC - endC)) / deviceRate : Number.POSITIVE_INFINITY
  }
  const isBefore = (ms: number) => sign * (temperatureAfter(response, ms) - limitC) < 0
  const turn = turningMs(response) ?? 0
  if (turn > 0 && !isBefore(turn)) return bisect([0, turn], HALVINGS, isBefore)[1]
  if (!reached) return Number.POSITIVE_INFINITY
  let wait = 1 / Math.min(deviceRate, inletRate)
  for (let i = 0; i < DOUBLINGS; i++) {
    if (!isBefore(turn + wait)) return bisect([turn, turn + wait], HALVINGS, isBefore)[1]
    wait *= 2
  }
  // the limit is the final temperature to the last digits
  return Number.POSITIVE_INFINITY
}
