import { type Ms, OUTCOME, type Outcome, REFUSAL } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { retryBackOff, retryJitter } from './retry-back-off.ts'
import type { RetryPlan } from './retry-plan.ts'

/**
 * What Envoy never retries: a refusal by its own circuit breaker (reset reason Overflow), and a
 * request for which it has no replica. A request that fits into no replica fits into no other.
 */
const LASTING: readonly number[] = [REFUSAL.overflow, REFUSAL.unavailable, REFUSAL.memory]

/**
 * When the retry after an attempt that ends now is due, whether or not the limit of retries allows
 * it; null where the policy has none. `made`: retries of the request so far.
 */
export function retryDueAt(
  plan: RetryPlan,
  { key, refusal, leaves }: Pick<Requests, 'key' | 'refusal' | 'leaves'>,
  attempt: {
    readonly now: Ms
    readonly request: number
    readonly outcome: Outcome
    readonly made: number
  },
): Ms | null {
  const { now, request, outcome, made } = attempt
  if (!plan.retryOn.includes(outcome) || made >= plan.numRetries) return null
  if (outcome === OUTCOME.shed && LASTING.includes(refusal[request]!)) return null
  const at = now + retryBackOff(plan, made + 1, retryJitter(key[request]!))
  return at < Math.min(plan.untilMs, leaves[request]!) ? at : null
}
