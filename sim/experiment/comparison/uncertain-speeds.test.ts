import { describe, expect, test } from 'vitest'
import { levelOf } from '../../world/index.ts'
import type { SimulationInput } from '../index.ts'
import { DYNAMIC, knownRun } from './known-machine.test-helper.ts'
import { knownInput, knownProfile } from './known-profile.test-helper.ts'
import { besideInputs, speedWidth, uncertainSpeeds } from './uncertain-speeds.ts'

const SECONDS = 1
const run = knownRun({ load: 0.5, seconds: SECONDS })
const { work } = run.work[0]!
const profile = knownProfile({ rehearsals: [run], seconds: SECONDS, load: 0.5, work })
const known = knownInput(run, profile, { seconds: SECONDS, warmupS: 0, batching: DYNAMIC })

type Inputs = NonNullable<SimulationInput['scenario']['uncertain']>

const withInputs = (uncertain: Inputs): SimulationInput => ({
  ...known,
  scenario: { ...known.scenario, uncertain },
})

const levels = ({ models }: SimulationInput) => models[0]!.fields.map(levelOf)

describe('uncertain speeds of a measured scenario', () => {
  test('are simulated at both ends of their middle 95 %', () => {
    const [ends, ...others] = uncertainSpeeds(withInputs({ 'speed of known': '± 10 %' }))
    expect(others).toEqual([])
    const factors = ends!.map((end) => levels(end)[0]! / levels(known)[0]!)
    expect(factors).toEqual([expect.closeTo(1 / 1.1, 2), expect.closeTo(1.1, 2)])
    expect(uncertainSpeeds(withInputs({ 'speed of known': [0.5, 1.5] }))[0]!.map(levels)).toEqual(
      [0.525, 1.475].map((factor) =>
        levels(known).map((level) => expect.closeTo(factor * level, 9)),
      ),
    )
  })

  test('are none without such inputs, of another model, and of a pool at ideal speed', () => {
    expect(uncertainSpeeds(known)).toEqual([])
    expect(uncertainSpeeds(withInputs({ 'speed of another': '± 10 %' }))).toEqual([])
    const uncertain = withInputs({ 'speed of known': '± 10 %' })
    const pools = uncertain.scenario.pools.map((pool) => ({ ...pool, speed: 'ideal' as const }))
    expect(uncertainSpeeds({ ...uncertain, scenario: { ...uncertain.scenario, pools } })).toEqual(
      [],
    )
  })
})

test('the speed of a model is uncertain where the scenario states so', () => {
  const { scenario } = withInputs({ 'speed of known': [0.5, 1.5] })
  expect(speedWidth(scenario, 'known')).toEqual({ low: 0.525, high: 1.475 })
  expect(speedWidth(scenario, 'kno')).toBeNull()
  expect(speedWidth(known.scenario, 'known')).toBeNull()
})

describe('a check', () => {
  const check = { verdict: 'PASS', reason: 'close', worst: null } as const

  test('names the inputs that its interval does not hold', () => {
    const delay = { 'pools.central.batching.max_delay_ms': '± 0.2' }
    const input = withInputs({ 'speed of known': '± 10 %', ...delay })
    expect(besideInputs(check, input)).toEqual({
      ...check,
      reason:
        'close; its interval does not hold what is not known of pools.central.batching.max_delay_ms',
    })
  })

  test('stays as it is with none, and with what changes nothing here or was replayed', () => {
    expect(besideInputs(check, known)).toBe(check)
    const input = withInputs({
      'traffic.web.arrivals.rate_rps': '± 10 %',
      'traffic.web.input_tokens.median': '± 10 %',
      'pools.central.price_usd_per_hour': '± 10 %',
      'speed of known': '± 10 %',
      sources: 'included',
      traffic: '± 10 %',
      'traffic of web': '± 10 %',
      lengths: '± 10 %',
    })
    expect(besideInputs(check, input)).toBe(check)
  })
})
