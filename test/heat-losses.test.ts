import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { auditRows, promisesOf } from '../sim/audit/index.ts'
import { keptReplication, runReplication, simulationInput } from '../sim/experiment/index.ts'
import { OUTCOME } from '../sim/serving/index.ts'
import { requestsIn } from '../sim/traffic/index.ts'

/** Devices that stop because they are too warm: their replicas are lost, cool and come back. */

const BASE = `
spillway: 1
name: hot
duration_s: 900
`
const RACK = `
racks: [{ name: r, supply_c: 25, recirculation_k_per_kw: 12, time_constant_s: 60 }]`
/** Idle a device is at 35 °C, at work alone at 78 °C, and with all four at work at 92 °C. */
const POWER =
  'power: { idle_w: 50, curve: [{ batch: 1, power_w: 300 }, { batch: 8, power_w: 340 }] }'
const heat = (settings = '') =>
  `heat: { rack: r, resistance_k_per_w: 0.15, time_constant_s: 40, shutdown_c: 85, restart_c: 60${settings} }`

const batches = (queue: string, settings = '') => `
traffic: [{ class: a, arrivals: { process: poisson, rate_rps: 200 } }]
models: { m: { work: { law: linear, base_ms: 30, per_item_ms: 10 } } }
pools:
  - name: p
    model: m
    replicas: 4
    ${queue}batching: { policy: dynamic, max_batch: 8, max_delay_ms: 0 }
    ${POWER}
    ${heat(settings)}${RACK}`

const engines = `
traffic:
  - class: a
    arrivals: { process: poisson, rate_rps: 25 }
    input_tokens: { distribution: fixed, value: 40 }
    output_tokens: { distribution: uniform, min: 1, max: 60 }
models: { m: { work: { law: generation, base_ms: 8, per_sequence_ms: 0.5, per_prefill_token_ms: 0.05 } } }
pools:
  - name: p
    model: m
    replicas: 4
    queue: { mode: per-replica, routing: { policy: least-loaded, ties: first } }
    generation: { policy: continuous, max_sequences: 16 }
    ${POWER}
    ${heat(', restart_s: { distribution: fixed, value: 5 }')}${RACK}`

const SYSTEMS: Readonly<Record<string, string>> = {
  'a shared queue': batches(''),
  'queues per replica, seen late': batches(
    'queue: { mode: per-replica }\n    ',
    ', restart_s: { distribution: exponential, mean: 9 }, detection_s: 4',
  ),
  engines,
  'steps before the shutdown': batches('', ', throttle: [{ above_c: 80, clock: 0.97 }]'),
  'crashes besides': `${batches('queue: { mode: per-replica }\n    ')}
failures: [{ kind: crash, every_s: 60, detection_s: 3, restart_s: { distribution: exponential, mean: 8 } }]`,
}

const inputOf = (sections: string) =>
  simulationInput(parseScenario(`${BASE}${sections}`, { file: 'x.yaml' }).scenario)

describe.each(Object.entries(SYSTEMS))('%s', (name, system) => {
  const input = inputOf(system)
  const run = keptReplication(input, 0)
  const { columns, count } = run.rows

  test('replicas are lost to heat and come back, and every promise is kept', () => {
    const downs = run.changes!.filter(({ state }) => state === 'down')
    const ups = run.changes!.filter(({ state }) => state === 'up')
    expect(downs.length).toBeGreaterThan(3)
    expect(ups.length).toBeGreaterThanOrEqual(downs.length - 4)
    const requests = requestsIn(run.rows).columns
    const { rules, violations } = auditRows(
      promisesOf(input.scenario),
      columns,
      requests,
      run.changes,
    )
    expect(rules.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))).toEqual(
      [],
    )
    expect(violations).toBe(0)
    const ended = Object.values(OUTCOME).map(
      (outcome) => columns.outcome.filter((code) => code === outcome).length,
    )
    expect(ended.reduce((a, b) => a + b, 0)).toBe(count)
    expect(columns.outcome.includes(OUTCOME.failed)).toBe(true)
  })

  test('the same run again is the same', () => {
    const again = keptReplication(input, 0)
    expect(again.changes).toEqual(run.changes)
    expect(again.rows.columns.done).toEqual(columns.done)
  })

  test('a result has the shutdowns, their time, and power between idle and the limit', () => {
    const { power, observedMs, availability } = runReplication(input, 0)
    const { downs, joules } = power[0]!
    const losses = availability![0]!.losses
    if (name === 'crashes besides') expect(downs!.count).toBeLessThan(losses)
    else if (!name.includes('late')) expect(downs!.count).toBe(losses)
    // seen late, the time down is longer than the one that the control plane sees
    const awayS = (4 * observedMs) / 1000 - availability![0]!.upS
    if (name === 'crashes besides') expect(downs!.downS).toBeLessThan(awayS)
    else if (name.includes('late')) expect(downs!.downS).toBeGreaterThan(awayS)
    else expect(downs!.downS).toBeCloseTo(awayS, 6)
    expect(joules).toBeGreaterThan((4 * 50 * observedMs) / 1000)
    expect(joules).toBeLessThan((4 * 340 * observedMs) / 1000)
  })
})

test('a device that never becomes so warm is never lost, and the run is that without a shutdown', () => {
  const cool = SYSTEMS['a shared queue']!.replace('shutdown_c: 85', 'shutdown_c: 150')
  const withoutShutdown = cool.replace(', shutdown_c: 150, restart_c: 60', '')
  const [some, none] = [cool, withoutShutdown].map((system) => runReplication(inputOf(system), 0))
  expect(some!.power[0]!.downs!.count).toBe(0)
  expect(some!.all).toEqual(none!.all)
  expect(some!.power[0]!.joules).toBe(none!.power[0]!.joules)
})

test('a run ends where devices stay too warm to come back, and requests wait for them', () => {
  // idle a device is never below 32 °C
  const never = SYSTEMS['a shared queue']!.replace('restart_c: 60', 'restart_c: 30')
  expect(() => runReplication(inputOf(never), 0)).toThrow(
    /^[\d,]+ requests wait at [\d.]+ s of the run, and nothing will ever serve them: /,
  )
})

test('one lost device leaves its load to the others, which follow it: a cascade', () => {
  const timesOf = (rate: number) => {
    const system = SYSTEMS['a shared queue']!.replace('rate_rps: 200', `rate_rps: ${rate}`)
    return keptReplication(inputOf(system), 0)
      .changes!.filter(({ state }) => state === 'down')
      .map(({ at }) => at)
  }
  expect(timesOf(8)).toEqual([])
  const times = timesOf(60)
  const gaps = times.slice(1, 4).map((at, i) => at - times[i]!)
  for (const gap of gaps) expect(gap).toBeLessThan(times[0]!)
})
