import { expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { withTraffic } from './more-traffic.ts'

const scenarioWith = (arrivals: object) =>
  scenarioOf({
    duration_s: 10,
    models: { m: { work: { law: 'constant', ms: 4 } } },
    traffic: [{ class: 'web', arrivals }],
    pools: [{ name: 'central', model: 'm' }],
  })

const surges = [{ at_s: 2, factor: 5, rise_s: 0, hold_s: 1, decay_s: 0 }]

test.each([
  ['a rate', { process: 'poisson', rate_rps: 40 }, { rate_rps: 60 }],
  ['a load, with its surges', { process: 'gamma', cv: 2, load: 0.4, surges }, { cv: 2, surges }],
  [
    'the steps of a schedule',
    {
      process: 'poisson',
      schedule: [
        { at_s: 0, rate_rps: 0 },
        { at_s: 5, load: 0.2 },
      ],
    },
    {
      schedule: [
        { at_s: 0, rate_rps: 0 },
        { at_s: 5, load: 0.2 * 1.5 },
      ],
    },
  ],
  [
    'every process of a sum',
    {
      process: 'sum',
      of: [
        { process: 'poisson', rate_rps: 2 },
        { process: 'deterministic', rate_rps: 4 },
      ],
    },
    { of: [{ rate_rps: 3 }, { rate_rps: 6 }] },
  ],
  ['the growth of a trace', { process: 'trace', file: 'x', growth: 2 }, { growth: 3 }],
  ['the load of a trace', { process: 'trace', file: 'x', load: 0.4 }, { load: 0.4 * 1.5 }],
  [
    'the users of a closed loop',
    { process: 'closed-loop', users: 10, think_time_s: { distribution: 'fixed', value: 1 } },
    { users: 15 },
  ],
])('traffic grows by %s', (_, arrivals, expected) => {
  const scenario = scenarioWith(arrivals)
  const grown = withTraffic(scenario, 1.5)!
  expect(grown.traffic[0]!.arrivals).toMatchObject(expected)
  expect({ ...grown, traffic: [] }).toEqual({ ...scenario, traffic: [] })
  expect(withTraffic(scenario, 1)).toEqual(scenario)
})

test('a load grows as a rate does', () => {
  const { traffic } = withTraffic(scenarioWith({ process: 'poisson', load: 0.4 }), 1.5)!
  expect(traffic[0]!.arrivals).toMatchObject({ load: 0.4 * 1.5 })
})

test('recorded rates that nothing scales do not grow', () => {
  expect(withTraffic(scenarioWith({ process: 'servegen', file: 'x' }), 1.5)).toBeNull()
  const scaled = withTraffic(scenarioWith({ process: 'servegen', file: 'x', rate_rps: 4 }), 1.5)!
  expect(scaled.traffic[0]!.arrivals).toMatchObject({ rate_rps: 6 })
})
