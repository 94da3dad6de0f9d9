import { describe, expect, test } from 'vitest'
import { planOf } from '../../../test/small-system.ts'
import { ANY_CLASS, type ClassPlan, type PoolPlan } from '../../serving/index.ts'
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
  return systemCapacity(planOf(pools, { classes }), rps, weights)
}

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

  test('counts a request once that is prefilled in one pool and decoded in another', () => {
    const pools = [handingOver(1), {}, {}]
    expect(capacityOf([null], [1], pools)).toBe(100)
    expect(capacityOf([[0], [2]], [1, 1], pools)).toBe(80)
    const shared = [handingOver(2), handingOver(2), {}]
    expect(capacityOf([null], [1], shared)).toBe(60)
    expect(capacityOf([[0], [1]], [1, 3], shared)).toBe(40)
  })
})
