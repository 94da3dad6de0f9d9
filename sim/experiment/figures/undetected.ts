import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { type Batch, type Ms, STATUS } from '../../serving/index.ts'
import { undetectedSpans } from '../simulation/failure-plan.ts'
import { grouped } from '../system/crowd.ts'
import { NOT_RECORDED, type PoolFamily } from './family.ts'

/** Requests that failed on replicas that were down and routed to; null where none can be. */
export const undetected: PoolFamily<number[] | null, 'failed_undetected'> = {
  start({ scenario, plan, replication, poolOf, warmupMs }) {
    const spans = undetectedSpans(scenario, plan, replication)
    if (spans === null) return NOT_RECORDED
    const counts = plan.pools.map(() => 0)
    const batch = (_now: Ms, { executor, dispatched, status, size }: Batch) => {
      if (status === STATUS.ok || dispatched < warmupMs) return
      // what it had at its loss was not routed to a replica that was down
      const isDown = spans[executor]!.some(([from, to]) => dispatched > from && dispatched < to)
      if (isDown) counts[poolOf[executor]!]! += size
    }
    return { observers: [{ batch }], summary: () => counts }
  },

  ofPool(summaries, _of, index) {
    const counts = summaries.flatMap((pools) => pools?.[index] ?? [])
    if (counts.length < summaries.length) return {}
    return { failed_undetected: counts.reduce((sum, count) => sum + count, 0) }
  },

  warnings: undetectedWarnings,
}

/** For each pool that lost requests to replicas whose loss no check had found yet. */
export function undetectedWarnings(
  { failures = [] }: Pick<Scenario, 'failures'>,
  { pools }: Pick<Result, 'pools'>,
): string[] {
  return pools.flatMap(({ name, failed_undetected: failed = 0 }) => {
    if (failed === 0) return []
    const checks = failures.flatMap((failure) =>
      failure.kind === 'crash' && (failure.pools?.includes(name) ?? true)
        ? [failure.detection_s]
        : [],
    )
    const requests = `${grouped(failed)} ${failed === 1 ? 'request' : 'requests'}`
    return [
      `pool ${name}: ${requests} failed on a replica that was down and still routed to, as health ` +
        `checks find a loss after ${Math.max(...checks)} s (detection_s): a replica that fails at ` +
        'once looks idle; faster checks or outlier_detection lose fewer',
    ]
  })
}
