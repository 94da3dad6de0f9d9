import { describe, expect, test } from 'vitest'
import { runReplication, simulationInput, stabilityOf } from '../sim/experiment/index.ts'
import { scenarioOf } from './scenarios.ts'

/** Overload said as such: simulated runs are stable below their capacity and overloaded above. */

const REQUESTS = 4000

/** Queues of a known capacity, requests/s. */
const SYSTEMS = {
  'M/M/1': [200, { law: 'exponential', mean_ms: 5 }, {}],
  'M/M/1 with a bounded queue': [
    200,
    { law: 'exponential', mean_ms: 5 },
    { queue: { max_length: 50 } },
  ],
  'M/M/4': [800, { law: 'exponential', mean_ms: 5 }, { replicas: 4 }],
  'batches of 8': [
    1000,
    { law: 'linear', base_ms: 4, per_item_ms: 0.5 },
    { batching: { policy: 'dynamic', max_batch: 8, max_delay_ms: 2 } },
  ],
  'batches of 8 in a bounded queue': [
    1000,
    { law: 'linear', base_ms: 4, per_item_ms: 0.5 },
    { queue: { max_length: 50 }, batching: { policy: 'dynamic', max_batch: 8 } },
  ],
} as const

/** The traffic of a test: a class with all that it needs. */
function stateOf(
  system: keyof typeof SYSTEMS,
  { load = 0.5, runs = 1, seed = 1, requests = REQUESTS, web = {}, arrivals = {} },
) {
  const [capacity, work, pool] = SYSTEMS[system]
  const rate_rps = load * capacity
  const scenario = scenarioOf({
    seed,
    duration_s: requests / rate_rps,
    models: { m: { work } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps, ...arrivals }, ...web }],
    pools: [{ name: 'central', model: 'm', ...pool }],
  })
  const input = simulationInput(scenario)
  const drifts = Array.from({ length: runs }, (_, r) => runReplication(input, r).drift)
  return stabilityOf(drifts, scenario.pools)
}

describe.each(Object.keys(SYSTEMS) as (keyof typeof SYSTEMS)[])('%s', (system) => {
  test.each([
    [3, [1, 2, 3]],
    [5, [1]],
  ] as const)(
    'is stable below 0.9 of its capacity and overloaded above 1.1 (%i runs)',
    (runs, seeds) => {
      const states = (load: number) =>
        seeds.map((seed) => stateOf(system, { load, runs, seed }).state)
      for (const load of [0.5, 0.7, 0.85]) {
        expect([load, ...new Set(states(load))]).toEqual([load, 'STABLE'])
      }
      for (const load of [1.15, 1.3, 1.5]) {
        expect([load, ...new Set(states(load))]).toEqual([load, 'OVERLOADED'])
      }
    },
  )
})

test('near the capacity no run is called the opposite of what it is', () => {
  for (const [load, wrong] of [
    [0.93, 'OVERLOADED'],
    [1.07, 'STABLE'],
  ] as const) {
    for (let seed = 1; seed <= 20; seed++) {
      expect(stateOf('M/M/1', { load, seed }).state).not.toBe(wrong)
    }
  }
})

test('too few requests decide nothing, and a share of growth has its interval', () => {
  expect(stateOf('batches of 8', { load: 0.95, requests: 100 }).state).toBe('UNDECIDED')
  const { growth, backlog, demand } = stateOf('M/M/1', { load: 1.5, runs: 5 })
  expect(growth.low!).toBeLessThan(1 / 3)
  expect(growth.high!).toBeGreaterThan(1 / 3)
  expect(backlog.value!).toBeGreaterThan(0.9 * (REQUESTS / 3))
  expect(demand).toBeNull()
})

test('traffic that is turned away needs more time than there is', () => {
  const { demand, reason } = stateOf('M/M/1 with a bounded queue', { load: 1.5, runs: 5 })
  expect(demand!.low!).toBeLessThan(1.5)
  expect(demand!.high!).toBeGreaterThan(1.5)
  expect(reason).toMatch(/^pool central lost 3[23]/)
  const cancelled = { web: { timeout_ms: 100, cancel: true } }
  expect(stateOf('M/M/1', { load: 1.5, ...cancelled }).state).toBe('OVERLOADED')
  expect(stateOf('M/M/1', { load: 0.8, ...cancelled }).state).toBe('STABLE')
})

test('a surge that is over by the end leaves a run stable, one that lasts until the end does not', () => {
  // 4,000 requests at a load of 0.5 take 40 s
  const surge = (at_s: number, hold_s: number) => ({
    arrivals: { surges: [{ at_s, factor: 4, rise_s: 0, hold_s, decay_s: 0 }] },
  })
  expect(stateOf('M/M/1', surge(10, 3)).state).toBe('STABLE')
  expect(stateOf('M/M/1', surge(22, 3)).state).toBe('STABLE')
  expect(stateOf('M/M/1', surge(15, 24)).state).toBe('OVERLOADED')
  expect(stateOf('M/M/1', { ...surge(37, 3), runs: 5 }).state).toBe('OVERLOADED')
})

describe('copies of requests', () => {
  /** 16 replicas of 10 batches/s each. */
  const copied = (rate_rps: number, copies: object = {}) => {
    const scenario = scenarioOf({
      seed: 4,
      duration_s: 60,
      models: { m: { work: { law: 'exponential', mean_ms: 100 } } },
      traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps }, ...copies }],
      pools: [{ name: 'c', model: 'm', replicas: 16, queue: { mode: 'per-replica' } }],
    })
    const input = simulationInput(scenario)
    const runs = Array.from({ length: 2 }, (_, r) => runReplication(input, r))
    const cell = runs[0]!.classes[0]!
    const drift = runs.map((run) => run.drift)
    return {
      ...cell,
      copies: runs[0]!.copies[0]!,
      drift,
      stability: stabilityOf(drift, scenario.pools),
    }
  }

  test('a copy that is withdrawn is not lost: 85 requests/s of 160 are no overload', () => {
    const { stability, copies, counts, drift } = copied(85, {
      hedge: { policy: 'tied', delay_ms: 0 },
    })
    // each request has a second copy, and of the two one leaves a queue
    expect(copies.withdrawn).toBeGreaterThan(0.9 * counts.arrived)
    expect(drift.map(({ pools }) => pools[0]!.lost)).toEqual([0, 0])
    expect(stability).toMatchObject({ state: 'STABLE', demand: null })
  })

  test('nor does a redundant one hide what is lost among those that count', () => {
    const hedge = { policy: 'hedged', after_ms: 20, max_attempts: 2 }
    const { copies, counts, drift } = copied(40, { timeout_ms: 1000, cancel: true, hedge })
    expect(copies.redundant).toBeGreaterThan(0.5 * counts.arrived)
    // by the blocks of the second half: what arrived there, within the scatter at its ends
    const { ended, lost } = drift[0]!.pools[0]!
    expect(lost).toBe(0)
    expect(Math.abs(ended / (40 * 30) - 1)).toBeLessThan(0.1)
  })

  test('negative control: above the capacity tied requests are overloaded', () => {
    const { stability } = copied(200, { hedge: { policy: 'tied', delay_ms: 0 } })
    expect(stability.state).toBe('OVERLOADED')
  })
})
