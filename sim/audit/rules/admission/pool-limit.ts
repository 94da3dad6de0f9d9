import type { Evidence } from '../../evidence/evidence.ts'
import { Loads } from '../../evidence/loads.ts'
import { type Findings, ms } from '../../findings.ts'
import { admissionDecision, type Reason } from './refused.ts'

/**
 * Checks a reason for rejections that depends on the number of requests in the pool: at the limit
 * and above, requests are rejected, and not below. A request that ends at the instant of an arrival
 * may have ended before or after it.
 */
export function checkPoolLimit(
  seen: Evidence,
  reason: Reason,
  limitOf: (pool: number, key: number) => number,
  found: Findings,
): void {
  const { rows, queues } = seen
  const loads = new Loads(seen)
  for (let key = 0; key < rows.at.length; key++) {
    const queue = queues[rows.queue[key]!]
    if (queue === undefined || Number.isNaN(rows.sent[key]!)) continue
    loads.moveTo(rows.sent[key]!)
    const pool = queue.poolIndex
    // rows do not show when a request left a prefill pool
    if (seen.promises.pools[pool]!.generation?.handOver != null) continue
    const limit = limitOf(pool, key)
    const said = admissionDecision(rows, key, reason)
    if (said === 'refused' || (said === 'passed' && limit < Number.POSITIVE_INFINITY)) {
      found.checked++
      const [least, most] = [loads.pools.least[pool]!, loads.pools.most[pool]!]
      const came = `came to pool ${pool} at ${ms(rows.sent[key]!)}`
      if (said === 'refused' && most < limit) {
        found.violated(
          [key],
          () => `${came}, was shed beside at most ${most} requests; the limit is ${limit}`,
        )
      } else if (said === 'passed' && least >= limit) {
        found.violated(
          [key],
          () => `${came}, was let pass beside at least ${least} requests; the limit is ${limit}`,
        )
      }
    }
    loads.came(key)
  }
}
