import type { Evidence } from '../../evidence/evidence.ts'
import { Loads } from '../../evidence/loads.ts'
import { type Findings, ms } from '../../findings.ts'
import { type Reason, saidOf } from './refused.ts'

/**
 * Looks whether a reason for refusals goes by the number of requests in the pool: refused from the
 * limit on, and not below it. Who leaves at the very instant of an arrival may have left before it
 * or not.
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
    // rows do not tell when a sequence was handed over, and out of the pool
    if (seen.promises.pools[pool]!.generation?.handOver != null) continue
    const limit = limitOf(pool, key)
    const said = saidOf(rows, key, reason)
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
