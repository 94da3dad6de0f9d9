import { describe, expect, test } from 'vitest'
import type { TrafficPart, UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { drawnInputs } from './drawn-inputs.ts'
import { type TrafficDraw, withTrafficDraws } from './traffic-inputs.ts'

const RATES: TrafficPart = { part: 'rates', class: null }
const OF_WEB: TrafficPart = { part: 'rates', class: 'web' }
const LENGTHS: TrafficPart = { part: 'lengths', class: null }

const scenario = scenarioOf({
  models: { m: { work: { law: 'linear', base_ms: 4, per_token_ms: 1 } } },
  traffic: ['web', 'bulk'].map((name) => ({
    class: name,
    arrivals: { process: 'poisson', rate_rps: 100 },
    input_tokens: { distribution: 'fixed', value: 200 },
  })),
})

const changed = (...draws: readonly TrafficDraw[]) =>
  withTrafficDraws(scenario, draws).traffic.map(({ arrivals, input_tokens }) => [
    'rate_rps' in arrivals ? arrivals.rate_rps : null,
    input_tokens.distribution === 'fixed' ? input_tokens.value : null,
  ])

describe('a draw of the traffic', () => {
  test('multiplies all rates or those of one class, and all lengths', () => {
    expect(changed({ ...RATES, times: 1.5 })).toEqual([
      [150, 200],
      [150, 200],
    ])
    expect(changed({ ...OF_WEB, times: 1.5 })).toEqual([
      [150, 200],
      [100, 200],
    ])
    expect(changed({ ...LENGTHS, times: 1.5 })).toEqual([
      [100, 300],
      [100, 300],
    ])
    expect(changed({ part: 'lengths', class: 'bulk', times: 0.5 })).toEqual([
      [100, 200],
      [100, 100],
    ])
  })

  test('of all classes and one of one class are multiplied', () => {
    expect(changed({ ...RATES, times: 1.5 }, { ...OF_WEB, times: 2 })).toEqual([
      [300, 200],
      [150, 200],
    ])
  })

  test('at 1 changes nothing', () => {
    const draws = [RATES, OF_WEB, LENGTHS].map((of) => ({ ...of, times: 1 }))
    expect(withTrafficDraws(scenario, draws)).toEqual(scenario)
  })

  test('is no override, and absent where no input is of the traffic', () => {
    const law = { law: 'uniform', low: 0.5, high: 2 } as const
    const known = { model: null, whole: false, law }
    const factor: UncertainInput = { ...known, name: 'traffic', value: 1, ofTraffic: RATES }
    const price: UncertainInput = { ...known, name: 'pools.a.price_usd_per_hour', value: 1 }
    expect(drawnInputs([factor, price], [1.5, 1.2])).toEqual({
      set: ['pools.a.price_usd_per_hour=1.2'],
      speeds: {},
      drawnTraffic: [{ ...RATES, times: 1.5 }],
    })
    expect(drawnInputs([price], [1.2])).not.toHaveProperty('drawnTraffic')
  })
})
