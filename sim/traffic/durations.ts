import type { Duration } from '../../scenarios/schema.ts'
import type { Random } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'
import { normalQuantile } from '../stats/index.ts'

/** Draws of a duration that the scenario states in seconds. */
export function durations(duration: Duration, random: Random): () => Ms {
  switch (duration.distribution) {
    case 'fixed':
      return () => 1000 * duration.value
    case 'exponential':
      return () => 1000 * duration.mean * random.exponential()
    case 'uniform':
      return () => 1000 * (duration.min + random.uniform() * (duration.max - duration.min))
    case 'lognormal': {
      const sigma = Math.log(duration.p99 / duration.median) / normalQuantile(0.99)
      return () => 1000 * duration.median * Math.exp(sigma * random.normal())
    }
  }
}
