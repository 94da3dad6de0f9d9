import type { Duration } from '../../../scenarios/schema/schema.ts'
import { drawDuration, exp, log, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

/** Standard normal quantile of 0.99. */
const Z99 = 2.3263478740408408

/** The mean of a duration that the scenario has in seconds, ms. */
export function meanDuration(duration: Duration): Ms {
  switch (duration.distribution) {
    case 'fixed':
      return 1000 * duration.value
    case 'uniform':
      return 500 * (duration.min + duration.max)
    case 'exponential':
      return 1000 * duration.mean
    case 'lognormal': {
      const sigma = log(duration.p99 / duration.median) / Z99
      return 1000 * duration.median * exp((sigma * sigma) / 2)
    }
  }
}

/** Draws of a duration that the scenario has in seconds; ms. */
export function durations(duration: Duration, random: Random): () => Ms {
  return () => 1000 * drawDuration(duration, random)
}
