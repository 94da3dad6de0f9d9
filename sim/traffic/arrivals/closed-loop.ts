import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import { durations, meanDuration } from '../clients/durations.ts'
import type { ProcessKind } from './process-kind.ts'

/** In mean rates, users without think time count as if it were this. */
const LEAST_THINK_MS = 1

/** Users who each wait for an answer, then think. */
export const closedLoop: ProcessKind<Extract<Arrivals, { process: 'closed-loop' }>> = {
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

  /** A cycle takes at least the think time. Without one, the system's capacity limits it. */
  expected({ users, think_time_s }, { endMs, capacityRps }) {
    const served = capacityRps === null ? Number.POSITIVE_INFINITY : (capacityRps * endMs) / 1000
    const most = Math.min(served, (users * endMs) / meanDuration(think_time_s))
    return () => users + (Number.isFinite(most) ? most : 0)
  },
}
