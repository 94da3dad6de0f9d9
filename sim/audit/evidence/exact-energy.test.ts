import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { keptReplication, runReplication, simulationInput } from '../../experiment/index.ts'
import { exactPowerW, showsEnergy } from './exact-energy.ts'

const POWER = {
  idle_w: 10,
  curve: [
    { batch: 1, power_w: 40 },
    { batch: 8, power_w: 70 },
  ],
}
const scenario = scenarioOf({
  duration_s: 20,
  warmup_s: 2,
  models: { m: { work: { law: 'linear', base_ms: 4, per_item_ms: 1 } } },
  traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 300 } }],
  pools: [
    {
      name: 'gpu',
      model: 'm',
      replicas: 2,
      power: POWER,
      batching: { policy: 'dynamic', max_batch: 8 },
    },
  ],
})

test('the power of a pool follows from its rows, computed another way than in a simulation', () => {
  const input = simulationInput(scenario)
  const { power, observedMs } = runReplication(input, 0)
  const stated = (1000 * power[0]!.joules) / observedMs
  const { columns } = keptReplication(input, 0).rows
  expect(exactPowerW(columns, scenario, 0)).toBeCloseTo(stated, 9)
  expect(stated).toBeGreaterThan(30)
  // negative control: with another curve the rows give another power
  const [pool] = scenario.pools
  const spoilt = { ...pool!, power: { ...POWER, idle_w: 11 } }
  const other = exactPowerW(columns, { ...scenario, pools: [spoilt] }, 0)
  expect(Math.abs(other - stated)).toBeGreaterThan(0.1)
})

test('rows do not show the energy of pools whose clock or steps they do not have', () => {
  const [pool] = scenario.pools
  expect(showsEnergy(pool!)).toBe(true)
  expect(showsEnergy({ ...pool!, power: { ...POWER, limit_w: 50 } })).toBe(false)
  const { power: _, ...without } = pool!
  expect(showsEnergy(without)).toBe(false)
})

test('on a shared card idle power counts once, and a batch for its own part of the time', () => {
  const both = scenarioOf({
    duration_s: 20,
    warmup_s: 2,
    models: scenario.models,
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 150 } }],
    cards: [{ name: 'gpu-0', switch_share: 0.1 }],
    pools: ['a', 'b'].map((name, i) => ({
      name,
      model: 'm',
      card: 'gpu-0',
      replicas: 1 + i,
      power: POWER,
      batching: { policy: 'dynamic', max_batch: 8 },
    })),
  })
  const input = simulationInput(both)
  const { power, observedMs } = runReplication(input, 0)
  const { columns } = keptReplication(input, 0).rows
  const watts = [0, 1].map((pool) => (1000 * power[pool]!.joules) / observedMs)
  for (const pool of [0, 1]) {
    expect(exactPowerW(columns, both, pool)).toBeCloseTo(watts[pool]!, 9)
  }
  // one card: never more than a batch takes
  expect(watts[0]! + watts[1]!).toBeLessThan(70)
  const apart = { ...both, pools: both.pools.map(({ card: _, ...pool }) => pool) }
  expect(exactPowerW(columns, apart, 0)).toBeGreaterThan(watts[0]! + 1)
})
