import type { RetryPlan } from '../../../serving/index.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { SHED } from '../../evidence/raw-rows.ts'
import { firstAbove, firstAtLeast } from '../../evidence/sorted.ts'

/** Rounding of sums of tokens. */
const SLACK = 1e-6

/** Whether a retry was possible at an instant, in some order of the events at that instant. */
export interface SeenLimit {
  mayAllow(at: number): boolean
  mayDeny(at: number): boolean
}

/** The limit on the retries of one pool, from its rows. */
export function seenLimit(evidence: Evidence, index: number, { limit }: RetryPlan): SeenLimit {
  const { rows, retried, gone } = evidence
  const keys = [...rows.at.keys()].filter(
    (key) => rows.pool[key] === index && !Number.isNaN(rows.sent[key]!),
  )
  const times = (of: readonly number[], time: (key: number) => number) =>
    Float64Array.from(of, time).sort()
  const granted = times(
    keys.filter((key) => retried[key] === 1),
    (key) => rows.done[key]!,
  )
  if (limit.policy === 'finagle') {
    const called = times(
      keys.filter((key) => rows.copyOf[key]! < 0),
      (key) => rows.sent[key]!,
    )
    return tokenLimit(limit, called, granted)
  }
  const over = times(
    keys.filter((key) => rows.copyOf[key]! >= 0),
    (key) => rows.done[key]!,
  )
  const inPool = keys.filter((key) => rows.batch[key]! >= 0 || rows.outcome[key] !== SHED)
  const [came, went] = [times(inPool, (key) => rows.sent[key]!), times(inPool, (key) => gone[key]!)]
  const most = (active: number) =>
    limit.policy === 'count'
      ? limit.maxRetries
      : Math.max(Math.floor((limit.budgetPercent / 100) * active), limit.minRetryConcurrency)
  return {
    mayAllow(at) {
      const retrying = firstAtLeast(granted, at) - firstAbove(over, at)
      return retrying < most(firstAbove(came, at) - firstAtLeast(went, at))
    },
    mayDeny(at) {
      const retrying = firstAbove(granted, at) - firstAtLeast(over, at)
      return retrying >= most(firstAtLeast(came, at) - firstAbove(went, at))
    },
  }
}

/** Ten slices of the time to live count, the newest of which has begun. */
function tokenLimit(
  limit: Extract<RetryPlan['limit'], { policy: 'finagle' }>,
  called: Float64Array,
  granted: Float64Array,
): SeenLimit {
  const { percentCanRetry, minRetriesPerS, ttlS } = limit
  const sliceMs = (1000 * ttlS) / 10
  // in requests; without a share a retry takes one of the reserve
  const price = percentCanRetry === 0 ? 1 : Math.trunc(100_000 / percentCanRetry) / 1000
  const worth = percentCanRetry === 0 ? 0 : 1
  const reserve = minRetriesPerS * ttlS * price
  const from = (at: number) => (Math.floor(at / sliceMs) - 9) * sliceMs
  const balance = (requests: number, retries: number) =>
    reserve + worth * requests - price * retries
  return {
    mayAllow(at) {
      const requests = firstAbove(called, at) - firstAtLeast(called, from(at))
      const retries = firstAtLeast(granted, at) - firstAtLeast(granted, from(at))
      return balance(requests, retries) >= price - SLACK
    },
    mayDeny(at) {
      const requests = firstAtLeast(called, at) - firstAtLeast(called, from(at))
      const retries = firstAbove(granted, at) - firstAtLeast(granted, from(at))
      return balance(requests, retries) < price + SLACK
    },
  }
}
