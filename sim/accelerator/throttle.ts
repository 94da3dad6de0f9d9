import type { Constant } from './constant.ts'
import { msUntilTemperature, type RackHeat, type RackTemperatures } from './heat.ts'

/** From a temperature on, a device runs at a share of its clock. */
export interface ThrottleStep {
  readonly fromC: Constant
  readonly clock: Constant
}

export interface Throttle {
  /** with rising temperatures and falling clocks */
  readonly steps: readonly ThrottleStep[]
  /** a step ends once the device is this much cooler than at its start; above 0 */
  readonly hysteresisK: Constant
  /** null: a device never shuts down */
  readonly shutdownC: Constant | null
}

/** Number of steps in force; one more than there are: shut down, which does not end by itself. */
export type ThrottleLevel = number

/** The share of its clock that a device has at a level; 0 after a shutdown. */
export function clockAt({ steps }: Throttle, level: ThrottleLevel): number {
  if (level === 0) return 1
  return steps[level - 1]?.clock.value ?? 0
}

/** The temperature at which the next level begins, and at which this one ends; null: never. */
export function boundsOf({ steps, hysteresisK, shutdownC }: Throttle, level: ThrottleLevel) {
  if (!(hysteresisK.value > 0)) {
    throw new RangeError(`Expected a hysteresis above 0 K, got ${hysteresisK.value} K`)
  }
  const isDown = level > steps.length
  const next = isDown ? null : (steps[level]?.fromC ?? shutdownC)
  const current = isDown ? undefined : steps[level - 1]
  return {
    upC: next?.value ?? null,
    downC: current ? current.fromC.value - hysteresisK.value : null,
  }
}

/** The level of a device that had `level` and is now this warm. */
export function levelAt(throttle: Throttle, level: ThrottleLevel, deviceC: number): ThrottleLevel {
  const { upC, downC } = boundsOf(throttle, level)
  if (upC !== null && deviceC >= upC) return levelAt(throttle, level + 1, deviceC)
  if (downC !== null && deviceC <= downC) return levelAt(throttle, level - 1, deviceC)
  return level
}

export interface ThrottleChange {
  /** Infinity: no change at these powers */
  readonly inMs: number
  readonly level: ThrottleLevel
}

/**
 * The next change of level of a device, if all powers stay the same. The caller schedules it, and
 * then sets the level as given here rather than by the temperature, which rounding may leave a
 * digit short of the bound.
 */
export function nextThrottle(
  throttle: Throttle,
  rack: RackHeat,
  state: RackTemperatures,
  now: {
    readonly powersW: readonly number[]
    readonly device: number
    readonly level: ThrottleLevel
  },
): ThrottleChange {
  const { powersW, device, level } = now
  const { upC, downC } = boundsOf(throttle, level)
  const until = (side: 'at least' | 'at most', limitC: number | null) =>
    limitC === null
      ? Number.POSITIVE_INFINITY
      : msUntilTemperature(rack, state, powersW, { device, side, limitC })
  const [up, down] = [until('at least', upC), until('at most', downC)]
  if (up === Number.POSITIVE_INFINITY && down === up) return { inMs: up, level }
  return up <= down ? { inMs: up, level: level + 1 } : { inMs: down, level: level - 1 }
}
