import { describe, expect, test } from 'vitest'
import type { LinkerdAccrualPlan } from './ejection-plan.ts'
import { LinkerdAccrual, penaltyMs } from './linkerd-accrual.ts'

/**
 * The rules of Linkerd: `breaker` is linkerd/app/outbound/src/http/breaker/
 * consecutive_failures.rs, `backoff` linkerd/exp-backoff/src/lib.rs of linkerd2-proxy.
 */

const PLAN: LinkerdAccrualPlan = {
  policy: 'linkerd-accrual',
  timeoutsCount: true,
  maxFailures: 7,
  minPenaltyMs: 1000,
  maxPenaltyMs: 60_000,
  jitterRatio: 0.5,
}

function accrual(changed: Partial<LinkerdAccrualPlan> = {}) {
  const reports: unknown[][] = []
  const plan = { ...PLAN, jitterRatio: 0, ...changed }
  const report = (...args: unknown[]) => reports.push(args)
  const detector = new LinkerdAccrual(plan, 2, report, () => 0.5)
  const end = (at: number, result: 'success' | 'failure' | 'none', times = 1) => {
    for (let i = 0; i < times; i++) detector.ended(at, 0, result)
  }
  const isShut = (at: number) => {
    detector.advance(at)
    return detector.closed[0] === 1
  }
  return { detector, reports, end, isShut }
}

test('7 failures in a row shut a replica for 1 s; a success starts the count anew (breaker)', () => {
  const { end, isShut, reports } = accrual()
  end(0, 'failure', 6)
  end(0, 'success')
  end(0, 'failure', 6)
  expect(isShut(0)).toBe(false)
  end(5, 'failure')
  expect(reports).toEqual([[5, 0, 1005, 'consecutive']])
  expect(isShut(1004)).toBe(true)
  expect(isShut(1005)).toBe(false)
})

// the test `transitions` of the breaker, with its two failures and its times
test('shut, a probe that fails, shut for twice as long, a probe that succeeds (breaker)', () => {
  const { detector, end, isShut } = accrual({ maxFailures: 2, maxPenaltyMs: 100_000 })
  end(0, 'failure')
  expect(isShut(0)).toBe(false)
  end(0, 'failure')
  expect(isShut(500)).toBe(true)
  expect(isShut(1000)).toBe(false)
  detector.sent(1000, 0)
  expect(isShut(1000)).toBe(true)
  end(1000, 'failure')
  expect(isShut(2000)).toBe(true)
  // requests that end while it is shut are ignored
  end(2000, 'success')
  expect(isShut(2999)).toBe(true)
  expect(isShut(3000)).toBe(false)
  detector.sent(3000, 0)
  end(3001, 'success')
  expect(isShut(3001)).toBe(false)
})

test('a probe that tells nothing makes way for another one', () => {
  const { detector, end, isShut } = accrual({ maxFailures: 1 })
  end(0, 'failure')
  expect(isShut(1000)).toBe(false)
  detector.sent(1000, 0)
  end(1000, 'none')
  expect(isShut(1000)).toBe(false)
  detector.sent(1001, 0)
  expect(isShut(1001)).toBe(true)
})

test('penalties double from 1 s up to 60 s (backoff)', () => {
  const seconds = Array.from({ length: 8 }, (_, i) => penaltyMs(PLAN, i, 0) / 1000)
  expect(seconds).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
})

test('jitter adds up to half of a penalty, within its limit (backoff)', () => {
  expect(penaltyMs(PLAN, 0, 0.5)).toBe(1250)
  expect(penaltyMs(PLAN, 5, 0.999)).toBeCloseTo(32_000 * 1.4995, 6)
  expect(penaltyMs(PLAN, 6, 0.999)).toBe(60_000)
})

describe('replicas that start and stop', () => {
  test('a lost one is forgotten, and begins anew', () => {
    const { detector, end, isShut, reports } = accrual({ maxFailures: 2 })
    end(0, 'failure', 2)
    detector.left(10, 0)
    expect(reports.at(-1)).toEqual([10, 0, 10, null])
    end(11, 'failure', 5)
    expect(isShut(2000)).toBe(false)
    detector.joined(3000, 0)
    end(3000, 'failure')
    expect(isShut(3000)).toBe(false)
    end(3000, 'failure')
    expect(isShut(3001)).toBe(true)
  })
})
