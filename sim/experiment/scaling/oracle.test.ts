import { describe, expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import { neededReplicas } from '../../serving/scaling/index.ts'
import { runReplication, type SimulationInput, simulationInput } from '../index.ts'
import { knownRates } from './known-rates.ts'
import { type PoolOracle, poolOracles } from './pool-oracle.ts'
import { neededAt, replicaRates } from './replica-rates.ts'

/** Each replica adds 10/s, and the first one serves only 4/s. */
const rateOf = (replicas: number) => 10 * replicas - 6

describe('rates of replicas', () => {
  const search = { most: 12, peakRps: 1000, guessRps: 20 }
  const holds = async (replicas: number, rps: number) => rps <= rateOf(replicas)

  test('are found within 2 % below the highest that holds, at doubled counts and the most', async () => {
    const rates = await replicaRates({ ...search, holds })
    expect(rates.map(({ replicas }) => replicas)).toEqual([1, 2, 4, 8, 12])
    for (const { replicas, rps } of rates) {
      expect(rps).toBeLessThanOrEqual(rateOf(replicas))
      expect(rps).toBeGreaterThan(rateOf(replicas) / 1.02)
    }
  })

  test('are not searched beyond what the traffic needs', async () => {
    const rates = await replicaRates({ ...search, peakRps: 30, holds })
    expect(rates.map(({ replicas }) => replicas)).toEqual([1, 2, 4])
  })

  test('end with 0 where one replica holds none', async () => {
    const rates = await replicaRates({ ...search, most: 2, holds: async () => false })
    expect(rates.map(({ rps }) => rps)).toEqual([0])
  })

  test('give the fewest replicas that hold a rate, linear between two counts', () => {
    const rates = [1, 2, 4, 8].map((replicas) => ({ replicas, rps: rateOf(replicas) }))
    for (let replicas = 1; replicas <= 8; replicas++) {
      expect(neededAt(rates, rateOf(replicas))).toBe(replicas)
      if (replicas < 8) expect(neededAt(rates, rateOf(replicas) + 0.1)).toBe(replicas + 1)
    }
    expect([neededAt(rates, 0), neededAt(rates, 75)]).toEqual([0, Number.POSITIVE_INFINITY])
  })
})

interface Given extends Pick<SimulationInput, 'traces'> {
  readonly slo: string
  readonly arrivals: string
  readonly pools: string
}

const inputOf = (work: string, more: Partial<Given> = {}) => {
  const { slo = 'slo: { a: ["p(95) latency_ms < 400"] }', pools = '', traces } = more
  const arrivals =
    more.arrivals ??
    'process: poisson, rate_rps: 40, waves: [{ period_s: 600, amplitude: 0.8, peak_at_s: 300 }]'
  const { scenario } = parseScenario(
    `spillway: 1
name: oracle
duration_s: 600
models: { m: { work: { ${work} } } }
traffic: [{ class: a, arrivals: { ${arrivals} } }]
${slo}
pools:
  - name: p
    model: m
    batching: { policy: none }
    price_usd_per_hour: 2
    scaling: { policy: hpa, initial: 4, max: 16, start_s: { distribution: fixed, value: 20 }, metrics: [{ metric: concurrency, target: 0.6 }] }
${pools}`,
    { file: 'oracle.yaml' },
  )
  const known = simulationInput(scenario, { ...(traces && { traces }) })
  const input = { ...known, capacitiesRps: scenario.pools.map(() => null) }
  return { input, runs: [runReplication(input, 0)] }
}

const oracleOf = async (...of: Parameters<typeof inputOf>) => {
  const { input, runs } = inputOf(...of)
  const [oracle] = await poolOracles(input, runs, async (own) => runReplication(own, 0))
  return oracle!
}

/** Exponential service of 100 ms: M/M/c, whose latency within 400 ms is mostly its service. */
const MMC = 'law: exponential, mean_ms: 100'

describe('the oracle of a pool', () => {
  test('has as many replicas as M/G/c needs, within one', async () => {
    // a constant time of 100 ms leaves 300 ms to wait
    const oracle = (await oracleOf('law: constant, ms: 100')) as PoolOracle
    const promise = { serviceRps: 10, cv: 0, share: 0.95, waitS: 0.3 }
    for (const { replicas, rps } of oracle.rates) {
      expect(Math.abs(neededReplicas(rps, promise) - replicas)).toBeLessThanOrEqual(1)
      // replicas for half of the rate would be far off
      if (replicas > 4) expect(neededReplicas(rps / 2, promise)).toBeLessThan(replicas - 1)
    }
    expect(Math.max(...oracle.serving)).toBe(neededAt(oracle.rates, 72))
  })

  test('holds the objective for a steady rate, and one replica fewer does not', async () => {
    const oracle = (await oracleOf(MMC, {
      arrivals: 'process: poisson, rate_rps: 60',
    })) as PoolOracle
    expect(new Set(oracle.serving).size).toBe(1)
    const [count] = oracle.serving as [number]
    const p95 = (replicas: number) => {
      const { scenario } = inputOf(MMC, { arrivals: 'process: poisson, rate_rps: 60' }).input
      const { scaling: _, ...pool } = scenario.pools[0]!
      const pools = [{ ...pool, replicas }]
      return runReplication(simulationInput({ ...scenario, pools }), 1).classes[0]!.judged[0]!.value
    }
    expect(p95(count)).toBeLessThan(1.03 * 400)
    expect(p95(count - 1)).toBeGreaterThan(400)
  })

  test('pays for a replica from its start on, 20 s before it serves', async () => {
    const { serving, paid, intervalS } = (await oracleOf(MMC)) as PoolOracle
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)
    const added = serving.filter((count, i) => i > 0 && count > serving[i - 1]!).length
    expect(added).toBeGreaterThan(2)
    const [most, least] = [Math.max(...serving), serving[0]!]
    // rises are steps of one replica; falls cost nothing
    expect((sum(paid) - sum(serving)) * intervalS).toBeCloseTo(20 * (most - least), -1)
  })

  test.each([
    ['no objective of latency', { slo: '' }],
    [
      'wait for answers',
      {
        arrivals:
          'process: closed-loop, users: 20, think_time_s: { distribution: fixed, value: 1 }',
      },
    ],
    ['no number of replicas', { slo: 'slo: { a: ["p(95) latency_ms < 50"] }' }],
    ['several pools', { pools: '  - { name: q, model: m, replicas: 2 }' }],
  ])('is none where there is %s, and states it', async (text, more) => {
    expect(await oracleOf(MMC, more)).toContain(text)
  })

  test('is none where lengths come from a trace, and states it', async () => {
    const columns = '{ time: t, input_tokens: n }'
    const arrivals = `process: trace, file: t.csv, format: csv, columns: ${columns}, time_unit: s`
    const times = Float64Array.from({ length: 400 }, (_, i) => 1000 * i)
    const held = { times, lengths: new Int32Array(400).fill(9), outputs: null }
    const traces = new Map([[0, { taken: 400, spanMs: 399_000, held }]])
    const work = 'law: linear, base_ms: 90, per_token_ms: 1'
    expect(await oracleOf(work, { arrivals, traces })).toContain('lengths come from a trace')
  })

  test('of counted arrivals has all of them', () => {
    const { input, runs } = inputOf(MMC)
    const stated = knownRates(input, 0, runs, { intervals: 120, leadS: 20 })
    if (typeof stated === 'string') throw new Error(stated)
    const total = stated.rps.reduce((sum, rps) => sum + rps, 0) * stated.stepS
    expect(total).toBeCloseTo(40 * 600, 3)
    expect(stated.counted).toBe(false)
  })
})
