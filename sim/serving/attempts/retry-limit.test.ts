import { describe, expect, test } from 'vitest'
import { mostRetries, retryLimit } from './retry-limit.ts'

describe('Envoy: api/envoy/config/cluster/v3/circuit_breaker.proto, resource_manager_impl.h', () => {
  test('max_retries: "the maximum number of parallel retries", by default 3', () => {
    const limit = retryLimit({ policy: 'count', maxRetries: 3 })
    expect([0, 1, 2, 3, 4].map((retrying) => limit.allows(0, retrying, 1000))).toEqual([
      ...[true, true, true],
      ...[false, false],
    ])
  })

  test.each([
    [0, 3],
    [15, 3],
    [19, 3],
    // 20 % of 20 is 4, and fractions are cut: std::max<uint64_t>(budget_percent / 100.0 * n, min)
    [20, 4],
    [24, 4],
    [25, 5],
    [1000, 200],
  ])('budget_percent 20, min_retry_concurrency 3: of %d requests at most %d', (active, most) => {
    const plan = { policy: 'envoy', budgetPercent: 20, minRetryConcurrency: 3 } as const
    expect(mostRetries(plan, active)).toBe(most)
    const limit = retryLimit(plan)
    expect(limit.allows(0, most - 1, active)).toBe(true)
    expect(limit.allows(0, most, active)).toBe(false)
  })
})

describe('Finagle: RetryBudget.scala, TokenBucket.newLeakyBucket, WindowedAdder', () => {
  const plan = {
    policy: 'finagle',
    percentCanRetry: 20,
    minRetriesPerS: 10,
    ttlS: 10,
  } as const

  /** Retries that are allowed at a time, taken one after another. */
  const countTaken = (limit: ReturnType<typeof retryLimit>, now: number) => {
    let count = 0
    while (limit.allows(now, 0, 0)) {
      limit.retried(now)
      count++
    }
    return count
  }

  test('"ttl 10 s, minRetriesPerSec 10": 100 retries are in reserve', () => {
    expect(countTaken(retryLimit(plan), 0)).toBe(100)
  })

  test('"percentCanRetry 0.2": five requests allow one retry more', () => {
    const limit = retryLimit({ ...plan, minRetriesPerS: 0 })
    for (let i = 0; i < 4; i++) limit.called(0)
    expect(countTaken(limit, 0)).toBe(0)
    for (let i = 0; i < 46; i++) limit.called(0)
    expect(countTaken(limit, 0)).toBe(10)
  })

  test('requests and retries count for the ttl, in slices of a tenth of it', () => {
    const limit = retryLimit({ ...plan, minRetriesPerS: 0 })
    for (let i = 0; i < 50; i++) limit.called(500)
    expect(limit.allows(9999, 0, 0)).toBe(true)
    expect(limit.allows(10_000, 0, 0)).toBe(false)
    const spent = retryLimit(plan)
    expect(countTaken(spent, 1500)).toBe(100)
    expect(countTaken(spent, 10_999)).toBe(0)
    expect(countTaken(spent, 11_000)).toBe(100)
  })

  test('no share: the reserve alone', () => {
    const limit = retryLimit({ ...plan, percentCanRetry: 0, minRetriesPerS: 2 })
    for (let i = 0; i < 1000; i++) limit.called(0)
    expect(countTaken(limit, 0)).toBe(20)
  })
})
