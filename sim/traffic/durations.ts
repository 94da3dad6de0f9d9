import type { Duration } from '../../scenarios/schema.ts'
import { drawDuration, type Random } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'

/** Draws of a duration that the scenario states in seconds. */
export function durations(duration: Duration, random: Random): () => Ms {
  return () => 1000 * drawDuration(duration, random)
}
