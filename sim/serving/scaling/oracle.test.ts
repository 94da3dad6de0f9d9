import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mmcMeanWait } from '../../theory/index.ts'
import { neededReplicas, oracleReplicas, regret } from './index.ts'

const perTen = (rate: number) => Math.ceil(rate / 10)

describe('the oracle', () => {
  test('serves what is needed, and pays from the lead before it on', () => {
    const { serving, paid } = oracleReplicas([5, 5, 5, 35, 35, 5, 5], {
      needed: perTen,
      leadSteps: 2,
    })
    expect(serving).toEqual([1, 1, 1, 4, 4, 1, 1])
    expect(paid).toEqual([1, 4, 4, 4, 4, 1, 1])
  })

  test('keeps a replica through a gap that is no longer than a start', () => {
    const rates = [20, 5, 5, 20, 5, 5, 5, 20]
    const { paid } = oracleReplicas(rates, { needed: perTen, leadSteps: 2 })
    expect(paid).toEqual([2, 2, 2, 2, 1, 2, 2, 2])
  })

  test('stays within min and max, and counts the steps in which max is too few', () => {
    const options = { needed: perTen, leadSteps: 0, min: 2, max: 3 }
    expect(oracleReplicas([5, 50, 35, 25], options)).toEqual({
      serving: [2, 3, 3, 3],
      paid: [2, 3, 3, 3],
      shortSteps: 2,
    })
  })

  /**
   * Replicas of a plan that have run for the whole lead: the plan removes those that start first.
   */
  const serves = (plan: readonly number[], lead: number, at: number) =>
    Math.min(...plan.slice(Math.max(0, at - lead), at + 1))

  test('no plan that serves as much pays less: all plans of short series are tried', () => {
    const series = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(series, fc.integer({ min: 0, max: 3 }), (need, leadSteps) => {
        const { paid } = oracleReplicas(need, { needed: (rate) => rate, leadSteps })
        const total = (plan: readonly number[]) => plan.reduce((sum, count) => sum + count, 0)
        for (const [at, count] of need.entries()) {
          expect(serves(paid, leadSteps, at)).toBeGreaterThanOrEqual(count)
        }
        const plans = need.reduce<number[][]>(
          (plansSoFar) =>
            plansSoFar.flatMap((plan) => [0, 1, 2, 3].map((count) => [...plan, count])),
          [[]],
        )
        const enough = plans.filter((plan) =>
          need.every((count, at) => serves(plan, leadSteps, at) >= count),
        )
        expect(total(paid)).toBe(Math.min(...enough.map(total)))
      }),
      { numRuns: 40 },
    )
  })
})

describe('regret', () => {
  const options = { stepS: 900, priceUsdPerHour: 3 }
  const oracle = { paid: [2, 2, 4, 4], serving: [1, 2, 4, 4] }

  test('the oracle has none', () => {
    expect(regret(oracle, oracle, options)).toEqual({
      replicaHours: 3,
      oracleReplicaHours: 3,
      regretReplicaHours: 0,
      regretUsd: 0,
      shortReplicaHours: 0,
      shortShare: 0,
    })
  })

  test('replicas that were too many cost money, those that were missing are counted apart', () => {
    const late = { paid: [3, 3, 3, 5], serving: [3, 3, 2, 5] }
    expect(regret(late, oracle, options)).toEqual({
      replicaHours: 3.5,
      oracleReplicaHours: 3,
      regretReplicaHours: 0.5,
      regretUsd: 1.5,
      shortReplicaHours: 0.5,
      shortShare: 0.25,
    })
  })

  test('series of different lengths are a fault', () => {
    expect(() => regret({ paid: [1], serving: [1] }, oracle, options)).toThrow('of 1 and of 4')
  })
})

describe('needed replicas', () => {
  const promise = { serviceRps: 10, cv: 1, share: 0.95, waitS: 0.05 }

  test('the tail of M/M/c is that of its mean wait: C = W (c mu - lambda)', () => {
    for (const rate of [3, 25, 80, 410]) {
      const servers = neededReplicas(rate, promise)
      const late = (c: number) => {
        const spare = c * 10 - rate
        if (spare <= 0) return 1
        const waits = mmcMeanWait({ arrivalRate: rate, serviceRate: 10, servers: c }) * spare
        return waits * Math.exp(-spare * 0.05)
      }
      expect(late(servers)).toBeLessThanOrEqual(0.05)
      expect(late(servers - 1)).toBeGreaterThan(0.05)
    }
  })

  test('a spread of cv 2 stretches the tail by 2.5, a constant time by one half', () => {
    for (const [cv, stretch] of [
      [2, 2.5],
      [0, 0.5],
    ] as const) {
      const stretched = { ...promise, waitS: promise.waitS / stretch }
      expect(neededReplicas(80, { ...promise, cv })).toBe(neededReplicas(80, stretched))
    }
    expect(neededReplicas(80, { ...promise, cv: 2 })).toBeGreaterThan(neededReplicas(80, promise))
  })

  test('none serve no traffic; more traffic or more spread never need fewer', () => {
    expect(neededReplicas(0, promise)).toBe(0)
    const rate = fc.double({ min: 0, max: 500, noNaN: true })
    fc.assert(
      fc.property(rate, rate, fc.double({ min: 0, max: 3, noNaN: true }), (a, b, cv) => {
        const needs = (x: number, spread: number) => neededReplicas(x, { ...promise, cv: spread })
        expect(needs(Math.max(a, b), cv)).toBeGreaterThanOrEqual(needs(Math.min(a, b), cv))
        expect(needs(a, cv + 1)).toBeGreaterThanOrEqual(needs(a, cv))
      }),
    )
  })
})
