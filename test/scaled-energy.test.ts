import { describe, expect, test } from 'vitest'
import { parseScenario } from '../scenarios/index.ts'
import { exactPowerW } from '../sim/audit/index.ts'
import { keptReplication, runReplication, simulationInput } from '../sim/experiment/index.ts'

/** Energy of pools whose replicas start and stop: replicas that are not paid for take none. */

const IDLE_W = 60
const MOST_W = 340
const START_W = 150

interface Parts {
  readonly scaling?: string
  readonly power?: string
  readonly top?: string
}

const inputOf = ({ scaling = '', power = `start_w: ${START_W}, `, top = '' }: Parts) => {
  const text = `
spillway: 1
name: scaled
duration_s: 900
warmup_s: 30
models: { m: { work: { law: linear, base_ms: 60, per_item_ms: 25 } } }
traffic:
  - class: a
    arrivals: { process: poisson, rate_rps: 15, surges: [{ at_s: 200, factor: 5, rise_s: 30, hold_s: 200, decay_s: 30 }] }
pools:
  - name: p
    model: m
    accelerator: h100-pcie
    batching: { policy: dynamic, max_batch: 8, max_delay_ms: 0 }
    power: { idle_w: ${IDLE_W}, ${power}curve: [{ batch: 1, power_w: 200 }, { batch: 8, power_w: ${MOST_W} }] }
    scaling: { policy: hpa, metrics: [{ metric: utilisation, target: 0.6 }], min: 1, max: 8, start_s: { distribution: lognormal, median: 40, p99: 60 }${scaling} }
${top}`
  const { scenario } = parseScenario(text, { file: 'x.yaml' })
  return simulationInput(scenario)
}

const CASES: Readonly<Record<string, Parts>> = {
  'from one replica': {},
  'with a warm pool': { scaling: ', warm: 2, warm_start_s: { distribution: fixed, value: 3 }' },
  'with crashes': {
    top: 'failures: [{ kind: crash, every_s: 120, detection_s: 2, restart_s: { distribution: exponential, mean: 20 } }]',
  },
  'with a start at idle power': { power: '' },
  'that decides and does nothing': { scaling: ', advisory: true, initial: 6' },
}

describe.each(Object.entries(CASES))('a scaled pool %s', (name, parts) => {
  const input = inputOf(parts)
  const run = runReplication(input, 0)
  const { joules, series } = run.power[0]!
  const { paidS } = run.availability![0]!
  const warm = name.includes('warm') ? 2 : 0

  test('takes the power of each executor times its time, recomputed from rows and changes', () => {
    const { rows, changes = [] } = keptReplication(input, 0)
    const watts = exactPowerW(rows.columns, input.scenario, 0, changes)
    expect((1000 * joules) / run.observedMs).toBeCloseTo(watts, 6)
    // as if all replicas were there all the time: what it is not
    const always = exactPowerW(rows.columns, input.scenario, 0, [])
    if (!name.includes('nothing')) expect(always).toBeGreaterThan(1.1 * watts)
  })

  test('takes between idle and the largest power for the time that is paid for', () => {
    const paid = paidS + (warm * run.observedMs) / 1000
    expect(joules).toBeGreaterThanOrEqual(paid * IDLE_W * (1 - 1e-9))
    expect(joules).toBeLessThanOrEqual(paid * MOST_W)
    expect(series.reduce((a, b) => a + b, 0)).toBeGreaterThan(0)
  })
})

test('starts take what start_w says, and only for the time of starts', () => {
  const [idle, start] = [inputOf({ power: '' }), inputOf({})].map((input) => {
    return runReplication(input, 0).power[0]!.joules
  })
  const { changes = [] } = keptReplication(inputOf({}), 0)
  const startS = changes.reduce((sum, { at, executor, state }, i) => {
    if (state !== 'starting') return sum
    const end = changes.slice(i).find((later) => later.executor === executor && later.at > at)
    // from the end of the warm-up on
    return sum + Math.max(0, Math.min(end!.at, 900_000) - Math.max(at, 30_000)) / 1000
  }, 0)
  expect(startS).toBeGreaterThan(100)
  expect(start! - idle!).toBeCloseTo(startS * (START_W - IDLE_W), 3)
})

test('a replica that restarts after the end is paid for until the end', () => {
  const input = inputOf({
    scaling: ', advisory: true, initial: 3',
    top: 'failures: [{ kind: crash, at_s: [880], restart_s: { distribution: fixed, value: 500 } }]',
  })
  const { availability, observedMs } = runReplication(input, 0)
  expect(availability![0]!.paidS).toBeLessThanOrEqual((8 * observedMs) / 1000)
})
