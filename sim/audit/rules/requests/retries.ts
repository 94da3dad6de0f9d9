import type { RetryPlan } from '../../../serving/index.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { REFUSED_BY, RETRIED, SHED } from '../../evidence/raw-rows.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { checkQueues, differsFromFirst } from './attempts.ts'
import { type SeenLimit, seenLimit } from './retry-limits.ts'
import { draw } from './routing-hash.ts'

/** Sums of delays are rounded. */
const ROUNDING_MS = 1e-6
const JITTER = 374_761_393

/** Reasons of refusals that another replica would give too, or that the proxy has itself. */
const LASTING: readonly number[] = [REFUSED_BY.memory, REFUSED_BY.unavailable, REFUSED_BY.overflow]

interface RetryingPool {
  readonly retries: RetryPlan
  readonly limit: SeenLimit
}

export const retries: Rule = {
  rule: 'retries',
  promise: 'a proxy sends failed attempts again: one at a time, elsewhere, within its limits',
  check(evidence, findings) {
    const { rows, promises, classOf, retried } = evidence
    const further = new Map<number, number[]>()
    for (const [key, first] of rows.copyOf.entries()) {
      // the rule on copies checks those of clients
      if (first < 0 || classOf(key).hedge !== undefined) continue
      const problem = identity(evidence, key, first)
      findings.check(problem === null, [key], () => problem!)
      if (problem === null) further.set(first, [...(further.get(first) ?? []), key])
    }
    const pools = promises.pools.map((pool, index): RetryingPool | null =>
      pool.retries === undefined
        ? null
        : { retries: pool.retries, limit: seenLimit(evidence, index, pool.retries) },
    )
    for (let key = 0; key < rows.at.length; key++) {
      const pool = pools[rows.pool[key]!] ?? null
      if (pool !== null && rows.copyOf[key]! < 0) {
        checkAttempts(evidence, [key, ...(further.get(key) ?? [])], pool, findings)
      } else if (rows.outcome[key] === RETRIED && retried[key] === 0) {
        findings.violated([key], () => 'sent again, but the proxy of its pool retries nothing')
      }
    }
  },
}

function identity(evidence: Evidence, key: number, first: number): string | null {
  const { rows, promises } = evidence
  if (!(first < key) || rows.copyOf[first]! >= 0)
    return `a retry of row ${first}, which is no first`
  if (promises.pools[rows.pool[first]!]?.retries === undefined) {
    return 'a retry, but the proxy of its pool retries nothing'
  }
  return differsFromFirst(evidence, key, first)
}

/** `keys`: the first attempt, then its retries in the order in which they were sent. */
function checkAttempts(
  evidence: Evidence,
  keys: readonly number[],
  pool: RetryingPool,
  findings: Findings,
): void {
  const { rows, retried } = evidence
  findings.checked++
  for (const [made, key] of keys.entries()) {
    const next = keys[made + 1]
    const done = rows.done[key]!
    const due = dueAfter(evidence, key, made, pool.retries)
    if (retried[key] === 0) {
      if (next !== undefined) {
        findings.violated(
          [key, next],
          () => `sent again, but outcome ${rows.outcome[key]} is its end`,
        )
      }
      if (due === null || pool.limit.mayDeny(done)) continue
      findings.violated([key], () => `not retried, though due at ${ms(due)} and within the limit`)
    } else if (due === null) {
      findings.violated(
        [key],
        () => `sent again after outcome ${rows.outcome[key]}: not by its policy`,
      )
    } else if (!pool.limit.mayAllow(done)) {
      findings.violated([key], () => `sent again at ${ms(done)}, when retries were at their limit`)
    } else if (next === undefined) {
      findings.violated([key], () => `to be sent again at ${ms(due)}, but it was not`)
    } else if (rows.sent[next]! < due - ROUNDING_MS) {
      const at = ms(rows.sent[next]!)
      findings.violated([key, next], () => `sent again at ${at}, but due at ${ms(due)}`)
    }
  }
  if (keys.length === 1) return
  const again = (queue: number) => `sent again to queue ${queue}, where it had failed`
  checkQueues(evidence, keys, pool.retries.avoidsPrevious ? again : null, findings)
}

/** When a retry is due, within the client timeout and the traffic; null where none is. */
function dueAfter(
  { rows }: Evidence,
  key: number,
  made: number,
  { retryOn, numRetries, baseIntervalMs, maxIntervalMs, untilMs }: RetryPlan,
): number | null {
  const outcome = rows.outcome[key]!
  const again: readonly number[] = retryOn
  if (made >= numRetries || !again.includes(outcome)) return null
  if (outcome === SHED && LASTING.includes(rows.refusal[key]!)) return null
  const widest = Math.min((2 ** (made + 1) - 1) * baseIntervalMs, maxIntervalMs)
  const due = rows.done[key]! + widest * draw(key, JITTER)
  return due < rows.leaves[key]! && due < untilMs ? due : null
}
