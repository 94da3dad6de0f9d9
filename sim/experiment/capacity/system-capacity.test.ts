import { describe, expect, test } from 'vitest'
import { planOf } from '../../../test/small-system.ts'
import { ANY_CLASS, type ClassPlan, type PoolPlan, type ServingPlan } from '../../serving/index.ts'
import { systemCapacity } from './system-capacity.ts'

const handingOver = (pool: number) => ({
  generation: { handOver: { pool } } as PoolPlan['generation'],
})

const RPS = [100, 40, 60]

/** The capacity of three pools. */
function capacityOf(
  asked: readonly ClassPlan['pools'][],
  weights: readonly number[],
  pools: readonly Partial<PoolPlan>[] = [{}, {}, {}],
  rps: readonly (number | null)[] = RPS,
): number | null {
  const classes = asked.map((pools) => ({ ...ANY_CLASS, pools }))
  return systemCapacity(planOf(pools, { classes }), rps, routedBy(weights))
}

const LEAST_LOADED = { policy: 'least-loaded', ties: 'random', viewAgeMs: 0 } as const

/** Classes of these weights; `short`: which part of their requests is not beyond any length. */
const routedBy = (weights: readonly number[], short = 0.5) =>
  weights.map((weight) => ({ weight, shareUpTo: () => short }))

describe('the capacity of a system', () => {
  test('is the sum of all pools where no class has a model, whatever the weights', () => {
    expect(capacityOf([null], [3])).toBe(200)
    expect(capacityOf([null, null], [0.1, 7])).toBe(200)
    expect(capacityOf([null, null], [0, 0])).toBe(200)
  })

  test('is reached when the first model is saturated by its share of the requests', () => {
    // half of the requests each: 140 in two pools, 60 in the third
    expect(capacityOf([[0, 1], [2]], [5, 5])).toBe(120)
    expect(capacityOf([[0, 1], [2]], [9, 1])).toBeCloseTo(140 / 0.9, 9)
    // in proportion to their capacities, all are saturated together
    expect(capacityOf([[0, 1], [2]], [0.7, 0.3])).toBeCloseTo(200, 9)
  })

  test('adds up the weights of classes with the same model', () => {
    expect(capacityOf([[0, 1], [2], [2]], [5, 2, 3])).toBe(120)
  })

  test('is not limited by a model without requests', () => {
    expect(capacityOf([[0, 1], [2]], [4, 0])).toBe(140)
  })

  test('is null where that of one pool is', () => {
    expect(capacityOf([null], [1], [{}, {}, {}], [100, null, 60])).toBeNull()
  })

  test('under a router that sees no loads is that of the pool that is full first', () => {
    const of = (routing: ServingPlan['routing'], asked: readonly ClassPlan['pools'][] = [null]) =>
      systemCapacity(
        planOf([{}, {}, {}], { routing, classes: asked.map((pools) => ({ ...ANY_CLASS, pools })) }),
        RPS,
        routedBy(asked.map((_, i) => 3 - 2 * i)),
      )
    expect(of('random')).toBeCloseTo(3 * 40, 9)
    expect(of('round-robin')).toBeCloseTo(3 * 40, 9)
    expect(of({ policy: 'weighted', weights: [5, 2, 3] })).toBeCloseTo(200, 9)
    // those without a weight have 1
    expect(of({ policy: 'weighted', weights: [8] })).toBeCloseTo(100 / 0.8, 9)
    // three quarters of the requests choose among the first two pools
    expect(
      of('random', [
        [0, 1],
        [1, 2],
      ]),
    ).toBeCloseTo(40 / 0.5, 9)
    // negative control: one that sees them sends a full pool less
    expect(of(LEAST_LOADED)).toBe(200)
    expect(of('p2c')).toBe(200)
  })

  test('by length counts short requests at one pool and long ones at another', () => {
    const routing = { policy: 'length-threshold', thresholdTokens: 9, short: 1, long: 0 } as const
    const of = (short: number, pools: readonly Partial<PoolPlan>[] = [{}, {}]) =>
      systemCapacity(planOf(pools, { routing }), RPS.slice(0, pools.length), routedBy([1], short))
    expect(of(0.5)).toBe(40 / 0.5)
    expect(of(0.2)).toBe(100 / 0.8)
    // all requests are short, and all are long
    expect([of(1), of(0)]).toEqual([40, 100])
    // both hand over to the third
    expect(of(0.2, [handingOver(2), handingOver(2), {}])).toBe(60)
  })

  test('counts a request once that is prefilled in one pool and decoded in another', () => {
    const pools = [handingOver(1), {}, {}]
    expect(capacityOf([null], [1], pools)).toBe(100)
    expect(capacityOf([[0], [2]], [1, 1], pools)).toBe(80)
    const shared = [handingOver(2), handingOver(2), {}]
    expect(capacityOf([null], [1], shared)).toBe(60)
    expect(capacityOf([[0], [1]], [1, 3], shared)).toBe(40)
  })
})
