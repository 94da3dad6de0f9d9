import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { expectPromisesKept } from '../../../test/kept-promises.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { evictionPolicies, OUTCOME, servingPlan } from '../../serving/index.ts'
import { RequestList, trafficSource } from '../../traffic/index.ts'
import { feedBack, feedbackDifferences } from '../comparison/feedback.ts'
import { type SimulationInput, simulationInput } from '../system/simulation-input.ts'
import { keptReplication, runReplication } from './simulate.ts'

type Eviction = keyof typeof evictionPolicies

/** Four models on a card that holds two of them, or three where they are small. */
function scenarioWith(eviction: Eviction, pinned: boolean): Scenario {
  const model = (parameters: number) => ({
    work: { law: 'linear', base_ms: 4, per_item_ms: 1 },
    memory: {
      parameters_millions: parameters,
      activations: [{ per_item_kib: 4000, lives: 2 }, { per_token_kib: 40 }, { per_token_kib: 30 }],
      output: { per_item_kib: 500 },
    },
  })
  const names = ['a', 'b', 'c', 'd'] as const
  return scenarioOf({
    seed: 3,
    duration_s: 20,
    models: { a: model(60), b: model(60), c: model(40), d: model(20) },
    devices: [
      { name: 'card', limit_mib: 600, residency: { eviction, gib_per_s: 4, set_up_ms: 10 } },
    ],
    traffic: [
      {
        class: 'web',
        arrivals: { process: 'poisson', rate_rps: 25 },
        input_tokens: { distribution: 'uniform', min: 1, max: 400 },
      },
    ],
    pools: names.map((name, i) => ({
      name,
      model: name,
      replicas: i === 3 ? 2 : 1,
      batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 2 },
      memory: {
        allocator: i === 1 ? 'caching' : 'bfc',
        device: 'card',
        out_of_memory: ['shrink', 'evict', 'split'],
        ...(pinned && i === 0 && { pinned }),
      },
    })),
    router: { policy: 'round-robin' },
  })
}

function inputOf(scenario: Scenario): SimulationInput & { readonly requests: RequestList } {
  const input = simulationInput(scenario)
  const traffic = { ...input, seed: scenario.seed, replication: 0 }
  return { ...input, requests: RequestList.collect(trafficSource(scenario, traffic)) }
}

describe.each(Object.keys(evictionPolicies) as Eviction[])('%s', (eviction) => {
  test.each([false, true])('keeps every promise in a simulated world, pinned: %s', (pinned) => {
    const input = inputOf(scenarioWith(eviction, pinned))
    const { requests, scenario } = input
    const { rows, journal } = keptReplication(input, 0)
    const plan = servingPlan(scenario)
    expectPromisesKept({ plan, requests, rows })
    expect(feedbackDifferences(rows, feedBack(plan, requests, journal))).toEqual([])
    expect(rows.columns.outcome.filter((own) => own === OUTCOME.served).length).toBeGreaterThan(50)
  })

  test('models are swapped, other arenas shrink, and hardly a batch fails', () => {
    const { memory } = runReplication(inputOf(scenarioWith(eviction, false)), 0)
    const [space] = memory
    expect(space!.residency!.loads).toBeGreaterThan(20)
    expect(space!.residency!.evictions).toBeGreaterThan(20)
    expect(space!.counts.shrunk).toBeGreaterThan(0)
    // models on their way stay, though a batch of another one finds no chunk
    expect(space!.counts.failed).toBeLessThan(0.02 * space!.residency!.loads)
    const { shortage, fragmentation, oversize, loads, ...done } = space!.counts
    const batches = shortage + fragmentation + oversize
    const remedies = done.shrunk + done.evicted + done.split + done.failed
    expect(loads).toBeGreaterThan(0)
    expect(remedies).toBeGreaterThanOrEqual(batches)
    expect(remedies).toBeLessThanOrEqual(batches + loads)
    expect(space!.cold!.part).toBeGreaterThan(20)
    expect(space!.cold!.part).toBeLessThan(space!.cold!.of)
    expect(space!.peakHeld).toBeLessThanOrEqual(600 * 1024 ** 2)
  })
})

test('a card with room for all has every model loaded once', () => {
  const scenario = scenarioWith('lru', false)
  const devices = scenario.devices.map((own) => ({ ...own, limit_mib: 6000 }))
  const [space] = runReplication(inputOf({ ...scenario, devices }), 0).memory
  // the second replica of the last one is never needed
  expect(space!.residency).toMatchObject({ loads: 4, evictions: 0 })
})
