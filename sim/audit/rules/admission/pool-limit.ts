import type { Evidence } from '../../evidence/evidence.ts'
import { eachArrival } from '../../evidence/loads.ts'
import type { Bounds } from '../../evidence/settings.ts'
import { type Findings, ms } from '../../findings.ts'
import { admissionDecision, type Reason } from './refused.ts'

/**
 * Checks a reason for rejections that depends on the number of requests in the pool: at the limit
 * and above, requests are rejected, and not below. A request that ends at the instant of an arrival
 * may have ended before or after it.
 */
export function checkPoolLimit(
  evidence: Evidence,
  reason: Reason,
  limitsOf: (pool: number, key: number, sent: number) => Bounds,
  findings: Findings,
): void {
  eachArrival(evidence, ({ key, sent, queue: { poolIndex: pool } }, { pools }) => {
    // rows do not show when a request left a prefill pool
    if (evidence.promises.pools[pool]!.generation?.handOver != null) return
    const [lowest, highest] = limitsOf(pool, key, sent)
    const decision = admissionDecision(evidence.rows, key, reason)
    if (decision === null || (decision === 'passed' && highest === Number.POSITIVE_INFINITY)) return
    const [least, most] = [pools.least[pool]!, pools.most[pool]!]
    findings.check(decision === 'passed' ? least < highest : most >= lowest, [key], () => {
      const what =
        decision === 'passed' ? `admitted with at least ${least}` : `shed with at most ${most}`
      const limit = decision === 'passed' ? highest : lowest
      return `${what} requests in pool ${pool} at ${ms(sent)}; the limit is ${limit}`
    })
  })
}
