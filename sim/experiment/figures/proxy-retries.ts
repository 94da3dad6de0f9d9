import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { estimate } from '../../stats/index.ts'
import { grouped } from '../system/crowd.ts'
import { eachOfPool, type PoolFigures } from './family.ts'

/** Retries by the proxy in front of a pool; a result has none where it retries nothing. */
export const proxyRetries: PoolFigures<unknown, 'proxy_retries'> = {
  ofPool(_summaries, of, index) {
    const retries = of.runs.map((run) => run.retries)
    const each = eachOfPool(retries, of, index)
    if (each === null) return {}
    const sum = (key: 'sent' | 'succeeded' | 'overflow') =>
      each.reduce((total, counts) => total + counts[key], 0)
    const arrived = each.map(({ run }) => run.pools[index]!.counts.arrived)
    return {
      proxy_retries: {
        sent: sum('sent'),
        sent_share: estimate(
          each.map(({ sent }, i) => sent / arrived[i]!),
          arrived.reduce((total, count) => total + count, 0),
        ),
        succeeded: sum('succeeded'),
        overflow: sum('overflow'),
      },
    }
  },
}

/** Envoy's default: few know that it has one. */
const DEFAULT = 3

/** A warning for each pool whose proxy refused retries by a limit that Envoy sets unasked. */
export function retryLimitWarnings(
  { pools }: Scenario,
  results: readonly Pick<Result['pools'][number], 'proxy_retries'>[],
): string[] {
  return pools.flatMap(({ name, circuit_breakers: breakers }, i) => {
    const refused = results[i]!.proxy_retries?.overflow ?? 0
    const most = breakers?.max_retries ?? DEFAULT
    if (refused === 0 || breakers?.retry_budget !== undefined || most !== DEFAULT) return []
    const limit = `${most} retries at a time, the default of Envoy, were all that its proxy allows`
    return [
      `pool ${name}: ${grouped(refused)} requests were lost for want of a retry: ${limit}; circuit_breakers.max_retries raises that`,
    ]
  })
}
