import type { Duration } from '../../scenarios/schema/schema.ts'
import { exp, log } from './elementary.ts'

/** A source of random numbers; each call returns a new one. */
export interface Draws {
  /** in (0, 1), or in [0, 1) */
  uniform(): number
  /** with mean 1 */
  exponential(): number
  /** standard normal */
  normal(): number
}

/** 0.99 quantile of the standard normal */
const Z99 = 2.3263478740408408

/** A random duration, in the unit of the scenario's value. */
export function drawDuration(duration: Duration, draws: Draws): number {
  switch (duration.distribution) {
    case 'fixed':
      return duration.value
    case 'exponential':
      return duration.mean * draws.exponential()
    case 'uniform':
      return duration.min + (duration.max - duration.min) * draws.uniform()
    case 'lognormal': {
      const sigma = log(duration.p99 / duration.median) / Z99
      return duration.median * exp(sigma * draws.normal())
    }
  }
}
