import { describe, expect, test } from 'vitest'
import { planOf } from '../../test/small-system.ts'
import { ANY_CLASS, type PoolPlan } from './plan.ts'
import { topologyOf } from './topology.ts'

const handingOver = (pool: number): Partial<PoolPlan> => ({
  generation: { handOver: { pool } } as PoolPlan['generation'],
})

describe('the topology of a plan', () => {
  test('numbers executors and stations through, pool by pool', () => {
    const plan = planOf([{ replicas: 2 }, { replicas: 3, perReplicaQueues: true }, {}])
    const { executors, stations, poolOf, executorsOf } = topologyOf(plan)
    expect(poolOf).toEqual([0, 0, 1, 1, 1, 2])
    expect(executors.map(({ replica }) => replica)).toEqual([0, 1, 0, 1, 2, 0])
    expect(executors.map(({ station }) => station)).toEqual([0, 0, 1, 2, 3, 4])
    expect(executorsOf).toEqual([[0, 1], [2, 3, 4], [5]])
    expect(stations.map(({ pool, number }) => [pool, number])).toEqual([
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 2],
      [2, 0],
    ])
    expect(stations.map(({ firstExecutor }) => firstExecutor)).toEqual([0, 2, 3, 4, 5])
    expect(stations.map((station) => station.executors)).toEqual([2, 1, 1, 1, 1])
  })

  test('sends requests to no pool that decodes for others', () => {
    const classes = [null, [0, 2], [2, 3]].map((pools) => ({ ...ANY_CLASS, pools }))
    const pools = [handingOver(2), handingOver(2), {}, {}]
    const topology = topologyOf(planOf(pools, { classes }))
    expect(topology.decodePools).toEqual([2, 2, null, null])
    expect(topology.sources).toEqual([[0], [1], [0, 1, 2], [3]])
    expect(topology.entryPools).toEqual([0, 1, 3])
    expect(topology.classPools).toEqual([[0, 1, 3], [0], [3]])
  })

  test('is computed once, and anew for a changed plan', () => {
    const plan = planOf([{ replicas: 2 }])
    expect(topologyOf(plan)).toBe(topologyOf(plan))
    const pools = plan.pools.map((pool) => ({ ...pool, replicas: 3 }))
    expect(topologyOf({ ...plan, pools }).poolOf).toEqual([0, 0, 0])
  })
})
