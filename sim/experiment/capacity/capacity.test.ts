import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { servingPlan } from '../../serving/index.ts'
import { declaredWork } from '../../world/index.ts'
import { runReplication } from '../simulation/simulate.ts'
import { simulationInput } from '../system/simulation-input.ts'
import { batchRoom, poolCapacity } from './capacity.ts'

interface Parts {
  readonly memory?: unknown
  readonly replicas?: number
  readonly perTokenKib?: number
  readonly load?: number
}

/** Batches of up to 32 take 50 ms, and 10 MiB per request besides weights of 40 MiB. */
function scenarioWith({ memory, replicas = 1, perTokenKib = 0, load = 1 }: Parts): Scenario {
  const buffer = { per_item_kib: 10_240, per_token_kib: perTokenKib }
  return scenarioOf({
    duration_s: 60,
    models: {
      m: {
        work: { law: 'constant', ms: 50 },
        memory: { parameters_millions: 10.48576, activations: [buffer] },
      },
    },
    devices: [{ name: 'card', limit_mib: 200 }],
    traffic: [{ class: 'web', arrivals: { process: 'poisson', load } }],
    pools: [{ name: 'central', model: 'm', replicas, batching: BATCHING, memory }],
  })
}

const BATCHING = { policy: 'dynamic', max_batch: 32, max_delay_ms: 0 }

function capacityOf(scenario: Scenario, draw = () => 1): number {
  const plan = servingPlan(scenario)
  const work = declaredWork({ law: 'constant', ms: 50 })
  return poolCapacity(plan.pools[0]!, work, 0, draw, batchRoom(plan, 0))
}

const limited = (mib: number) => ({ allocator: 'caching', limit_mib: mib })
const shared = { allocator: 'caching', device: 'card' }

describe('capacity of a pool with memory', () => {
  test('is that of the batches that fit beside the weights', () => {
    expect(capacityOf(scenarioWith({ memory: limited(100) }))).toBe((6 * 1000) / 50)
    expect(capacityOf(scenarioWith({ memory: limited(99), replicas: 2 }))).toBe((2 * 5 * 1000) / 50)
    for (const memory of [limited(360), { allocator: 'caching' }, undefined]) {
      expect(capacityOf(scenarioWith({ memory }))).toBe((32 * 1000) / 50)
    }
  })

  test('of replicas on a shared device is that of the batches that fit together', () => {
    expect(capacityOf(scenarioWith({ memory: shared }))).toBe((16 * 1000) / 50)
    // 120 MiB beside two copies of the weights
    expect(capacityOf(scenarioWith({ memory: shared, replicas: 2 }))).toBe((12 * 1000) / 50)
  })

  test('uses the buddy arena of each replica', () => {
    // 6 times 10 MiB take a chunk of 64, 7 times one of 128
    const memory = { allocator: 'buddy', arena_mib: 100, limit_mib: 1000 }
    expect(capacityOf(scenarioWith({ memory }))).toBe((6 * 1000) / 50)
    const onCard = { allocator: 'buddy', arena_mib: 50, device: 'card' }
    expect(capacityOf(scenarioWith({ memory: onCard, replicas: 2 }))).toBe((2 * 3 * 1000) / 50)
  })

  test('counts requests that are rejected for their size, which take no capacity', () => {
    let drawn = 0
    const draw = () => (drawn++ % 4 === 0 ? 1000 : 1)
    const scenario = scenarioWith({ memory: limited(100), perTokenKib: 1000 })
    expect(capacityOf(scenario, draw)).toBeCloseTo((5 * (4 / 3) * 1000) / 50, 0)
  })

  test('is that without a limit where no request fits', () => {
    expect(capacityOf(scenarioWith({ memory: limited(45) }))).toBe((32 * 1000) / 50)
  })

  test.each([limited(100), shared])(
    'separates loads that build up a queue from those that do not: %o',
    (memory) => {
      const replicas = memory === shared ? 2 : 1
      const waitMs = (load: number) => {
        const scenario = scenarioWith({ memory, replicas, load })
        const input = simulationInput(scenario, { capacityRps: capacityOf(scenario) })
        const { classes } = runReplication(input, 0)
        return classes[0]!.latency.mean
      }
      expect(waitMs(0.9)).toBeLessThan(200)
      // a tenth of the arrivals of a minute is left at the end
      expect(waitMs(1.1)).toBeGreaterThan(2000)
    },
  )
})
