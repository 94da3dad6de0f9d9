import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import type { RunSummary } from '../../stats/index.ts'
import { grouped } from '../system/crowd.ts'

/** Requests that failed on replicas that were down and routed to; nothing where none can be. */
export function undetectedResult(
  runs: readonly RunSummary[],
  index: number,
): Pick<Result['pools'][number], 'failed_undetected'> {
  if (runs.some(({ undetected }) => undetected === undefined)) return {}
  return { failed_undetected: runs.reduce((sum, run) => sum + run.undetected![index]!, 0) }
}

/** A warning for each pool that lost requests to replicas whose loss no check had found yet. */
export function undetectedWarnings(
  { failures = [] }: Scenario,
  pools: readonly Pick<Result['pools'][number], 'name' | 'failed_undetected' | 'counts'>[],
): string[] {
  return pools.flatMap(({ name, failed_undetected: failed = 0 }) => {
    if (failed === 0) return []
    const checks = failures.flatMap((own) =>
      'detection_s' in own && (own.pools?.includes(name) ?? true) ? [own.detection_s] : [],
    )
    const requests = `${grouped(failed)} ${failed === 1 ? 'request' : 'requests'}`
    return [
      `pool ${name}: ${requests} failed on a replica that was down and still routed to, as health ` +
        `checks find a loss after ${Math.max(...checks)} s (detection_s): a replica that fails at ` +
        'once looks idle; faster checks or outlier_detection lose fewer',
    ]
  })
}
