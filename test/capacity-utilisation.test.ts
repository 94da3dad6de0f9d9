import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import {
  configurationRow,
  resolveSystem,
  runFigures,
  runReplication,
  simulatedResult,
  variantFigures,
  withoutFiles,
} from '../sim/experiment/index.ts'

/**
 * An engine is busy with one sequence. What of its capacity is used shows only the work that its
 * tokens need, in the step of an engine at its capacity.
 */

interface Fleet {
  readonly traffic?: string
  readonly pool?: string
  readonly rest?: string
}

const LENGTHS = `input_tokens: { distribution: lognormal, median: 300, p99: 3000, max: 6000 }
    output_tokens: { distribution: lognormal, median: 150, p99: 800, max: 1500 }`

function fleetOf({ traffic = 'process: poisson, load: 0.08', pool = '', rest = '' }: Fleet) {
  const text = `
spillway: 1
name: fleet
duration_s: 600
warmup_s: 60
models:
  m: { work: { law: generation, base_ms: 8, per_sequence_ms: 0.03, per_prefill_token_ms: 0.035, per_context_token_ms: 0.00004 } }
traffic:
  - class: chat
    arrivals: { ${traffic} }
    ${LENGTHS}
pools:
  - name: engines
    model: m
    replicas: 7
    ${pool === '' ? 'generation: { policy: continuous, max_sequences: 64, token_budget: 2048 }' : pool}
${rest}`
  const { scenario } = parseScenario(text, { file: 'fleet.yaml' })
  const system = resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'fleet.yaml' }), null)
  const runs = [0, 1].map((replication) => runReplication(system, replication))
  const result = simulatedResult(system, runs, { version: 'x', commit: null, profile: null })
  return { scenario, system, runs, result, pool: result.pools[0]! }
}

describe('a fleet of seven engines', () => {
  test('at 8 % of its capacity is busy most of the time, and 8 % of its capacity is used', () => {
    const { pool, result } = fleetOf({})
    expect(pool.utilisation.value).toBeGreaterThan(0.6)
    expect(result.load).toBeCloseTo(0.08, 2)
    expect(Math.abs(pool.capacity_utilisation!.value! - 0.08)).toBeLessThan(0.012)
  })

  test('of static batches at that load is as busy, and uses as much of its capacity', () => {
    const { pool } = fleetOf({ pool: 'generation: { policy: static, max_sequences: 64 }' })
    expect(pool.utilisation.value).toBeGreaterThan(0.3)
    expect(Math.abs(pool.capacity_utilisation!.value! - 0.08)).toBeLessThan(0.012)
  })

  test('at 60 % of its capacity uses 60 % of it', () => {
    const { pool } = fleetOf({ traffic: 'process: poisson, load: 0.6' })
    expect(Math.abs(pool.capacity_utilisation!.value! - 0.6)).toBeLessThan(0.06)
    expect(pool.utilisation.value).toBeGreaterThan(0.9)
  })

  test('that is saturated uses all of its capacity, however long it drains', () => {
    const { pool, runs } = fleetOf({ traffic: 'process: poisson, load: 1.5' })
    expect(runs[0]!.observedMs).toBeGreaterThan(1.4 * 540_000)
    expect(Math.abs(pool.capacity_utilisation!.value! - 1)).toBeLessThan(0.03)
  })

  test('needs replicas by the hour that add up to what it uses', () => {
    const schedule = 'schedule: [{ at_s: 0, rate_rps: 2 }, { at_s: 300, rate_rps: 12 }]'
    const { pool, system } = fleetOf({ traffic: `process: poisson, ${schedule}` })
    const { every_s, mean } = pool.needed_replicas!
    expect(mean.length * every_s).toBeCloseTo(600, 9)
    const meanOver = (from: number, to: number) => {
      const values = mean.slice(from / every_s, to / every_s)
      return values.reduce((sum, value) => sum + value, 0) / values.length
    }
    const capacity = system.capacitiesRps[0]!
    expect(meanOver(60, 300)).toBeCloseTo((7 * 2) / capacity, 0)
    expect(meanOver(330, 600) / meanOver(60, 300)).toBeGreaterThan(4)
    expect(meanOver(330, 600) / meanOver(60, 300)).toBeLessThan(8)
    // one figure for the whole run
    expect(meanOver(60, 600) / 7 / pool.capacity_utilisation!.value!).toBeCloseTo(1, 1)
  })

  test('has the worst window, the row of a sweep and the variant alike', () => {
    const { scenario, system, runs, result, pool } = fleetOf({})
    const share = pool.capacity_utilisation!.value!
    const worst = result.worst_window!.pools[0]!.capacity_utilisation!.value!
    expect(worst).toBeGreaterThanOrEqual(share)
    expect(worst).toBeLessThan(3 * share)
    const figures = runs.map((run) => runFigures(scenario, run))
    const row = configurationRow(
      { scenario, capacityRps: system.capacityRps, extrapolated: [] },
      figures,
    )
    expect(row.pools[0]!.capacity_utilisation!.value).toBe(share)
    expect(variantFigures({ runs }).capacity_utilisation!.value).toBe(share)
  })

  test('negative control: batches without engines have no such share, and need replicas by their requests', () => {
    const { scenario } = parseScenario(
      'spillway: 1\nname: x\nduration_s: 9\nmodels: { m: { work: { law: constant, ms: 4 } } }\ntraffic: [{ class: c, arrivals: { process: poisson, rate_rps: 9 } }]\npools: [{ name: p, model: m }]\n',
      { file: 'x.yaml' },
    )
    const system = resolveSystem(withoutFiles({ scenario, hash: 'x', file: 'x.yaml' }), null)
    const runs = [runReplication(system, 0)]
    const { pools } = simulatedResult(system, runs, { version: 'x', commit: null, profile: null })
    expect(pools[0]).not.toHaveProperty('capacity_utilisation')
    const { mean } = pools[0]!.needed_replicas!
    // 9 requests/s of 250
    expect(mean.reduce((sum, value) => sum + value, 0) / mean.length).toBeCloseTo(9 / 250, 2)
  })
})
