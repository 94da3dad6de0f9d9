import { expect, test } from 'vitest'
import { OUTCOME, REFUSAL } from '../ports.ts'
import { Requests } from '../requests.ts'
import { retryDueAt } from './retry-due.ts'
import type { RetryPlan } from './retry-plan.ts'

/** Envoy, source/common/router/retry_state_impl.cc. */

const PLAN: RetryPlan = {
  retryOn: [OUTCOME.failed, OUTCOME.shed],
  numRetries: 1,
  baseIntervalMs: 10,
  maxIntervalMs: 100,
  avoidsPrevious: true,
  limit: { policy: 'count', maxRetries: 3 },
  untilMs: 1000,
}

function due(
  plan: Partial<RetryPlan>,
  options: { outcome?: 1 | 2 | 4; refusal?: number; leaves?: number; made?: number; now?: number },
) {
  const { outcome = OUTCOME.failed, refusal = 0, leaves = 1e9, made = 0, now = 50 } = options
  const requests = new Requests(1)
  requests.key[0] = 3
  requests.refusal[0] = refusal
  requests.leaves[0] = leaves
  return retryDueAt({ ...PLAN, ...plan }, requests, { now, request: 0, outcome, made })
}

test('an outcome of retry_on is retried after its back-off, and no other is', () => {
  expect(due({}, {})).toBeGreaterThan(50)
  expect(due({}, {})).toBeLessThan(60)
  expect(due({ baseIntervalMs: 0, maxIntervalMs: 0 }, {})).toBe(50)
  expect(due({}, { outcome: OUTCOME.timedOut })).toBeNull()
})

test('"num_retries": by default 1', () => {
  expect(due({}, { made: 1 })).toBeNull()
  expect(due({ numRetries: 2 }, { made: 1 })).not.toBeNull()
})

test('"we never retry if the reset reason is overflow", nor without a replica', () => {
  const shed = (refusal: number) => due({}, { outcome: OUTCOME.shed, refusal })
  expect(shed(REFUSAL.queue)).not.toBeNull()
  expect([REFUSAL.overflow, REFUSAL.unavailable, REFUSAL.memory].map(shed)).toEqual([
    ...[null, null, null],
  ])
})

test('the route timeout "includes all retries": none is due from the client timeout on', () => {
  expect(due({}, { leaves: 60 })).not.toBeNull()
  expect(due({}, { leaves: 50 })).toBeNull()
  expect(due({ untilMs: 50 }, {})).toBeNull()
})
