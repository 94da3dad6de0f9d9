import { describe, expect, test } from 'vitest'
import { PLAIN_QUEUE, type PoolPlan } from './plan.ts'
import { OUTCOME, type Outcome, REFUSAL, type Refusal } from './ports.ts'
import { nextAttemptAfter, pushbacksOf } from './pushback.ts'
import { Requests } from './requests.ts'

/** gRPC proposal A6, "Pushback", and the "Summary of Retry and Hedging Logic". */
describe('the next attempt', () => {
  test.each([
    ['without pushback, it follows its own backoff', undefined, 80, 80],
    ['pushback: retry in n ms', 250, 80, 250],
    ['also where n is less than its own backoff', 5, 80, 5],
    ['0 is at once', 0, 80, 0],
    ['pushback: do not retry', -1, 80, Number.POSITIVE_INFINITY],
    ['any negative value says so', -250, 0, Number.POSITIVE_INFINITY],
  ])('%s', (_, pushbackMs, ownMs, expected) => {
    expect(nextAttemptAfter(pushbackMs, ownMs)).toBe(expected)
  })
})

const poolOf = (retryPushbackMs?: number) =>
  ({
    admission: {
      ...PLAIN_QUEUE.admission,
      ...(retryPushbackMs !== undefined && { retryPushbackMs }),
    },
  }) as PoolPlan

function pushbackIn(pool: number, outcome: Outcome, refusal: Refusal) {
  const requests = new Requests(1)
  requests.pool[0] = pool
  requests.outcome[0] = outcome
  requests.refusal[0] = refusal
  return pushbacksOf([poolOf(), poolOf(30)], requests)!.of(0)
}

test('refusals by the pool that states a pushback have it, and nothing else has one', () => {
  for (const name of [
    'memory',
    'priority',
    'deadline',
    'concurrency',
    'queue',
    'tokens',
  ] as const) {
    expect(pushbackIn(1, OUTCOME.shed, REFUSAL[name])).toBe(30)
    expect(pushbackIn(0, OUTCOME.shed, REFUSAL[name])).toBeUndefined()
  }
  // no server of the pool has seen these
  expect(pushbackIn(1, OUTCOME.shed, REFUSAL.unavailable)).toBeUndefined()
  expect(pushbackIn(1, OUTCOME.shed, REFUSAL.overflow)).toBeUndefined()
  expect(pushbackIn(1, OUTCOME.failed, REFUSAL.none)).toBeUndefined()
  expect(pushbackIn(1, OUTCOME.timedOut, REFUSAL.none)).toBeUndefined()
})

test('without a pushback in any pool there is nothing to look up', () => {
  expect(pushbacksOf([poolOf(), poolOf()], new Requests(1))).toBeNull()
})
