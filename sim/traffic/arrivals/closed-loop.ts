import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { durations, meanDuration } from '../clients/durations.ts'
import type { AmountOptions, ProcessKind } from './process-kind.ts'

type ClosedLoop = Extract<Arrivals, { process: 'closed-loop' }>

/** In mean rates, users without think time count as if it were this. */
const LEAST_THINK_MS = 1

/** Users who each wait for an answer, then think. */
export const closedLoop: ProcessKind<ClosedLoop> = {
  closed: true,

  /** The first requests. Users start with a think time, drawn as all later ones. */
  source({ users, think_time_s }, { seed, replication, name, endMs }) {
    const think = durations(think_time_s, stream(seed, replication, `arrivals:${name}`))
    const times = Float64Array.from({ length: users }, think).sort()
    let next = 0
    return {
      next() {
        const at = times[next++] ?? Number.POSITIVE_INFINITY
        return at < endMs ? at : Number.POSITIVE_INFINITY
      },
    }
  },

  meanPerMs: ({ users, think_time_s }) =>
    users / Math.max(LEAST_THINK_MS, meanDuration(think_time_s)),

  expected(arrivals, options) {
    const most = cycles(arrivals, options, Number.POSITIVE_INFINITY)
    return () => arrivals.users + (Number.isFinite(most) ? most : 0)
  },

  periodS: () => 0,
  scaled: (arrivals, factor) => ({
    ...arrivals,
    users: Math.max(1, Math.round(factor * arrivals.users)),
  }),

  most: (arrivals, options, unservedMs) => arrivals.users + cycles(arrivals, options, unservedMs),
}

/**
 * A cycle takes at least the think time, and if it ends unserved, `unservedMs` more. Of those that
 * are served the capacity limits the number.
 */
function cycles(
  { users, think_time_s }: ClosedLoop,
  { endMs, capacityRps }: AmountOptions,
  unservedMs: number,
): number {
  const thinkMs = meanDuration(think_time_s)
  const served = capacityRps === null ? Number.POSITIVE_INFINITY : (capacityRps * endMs) / 1000
  const unserved = (users * endMs) / (thinkMs + unservedMs)
  return Math.min(served + unserved, (users * endMs) / thinkMs)
}
