import { describe, expect, test } from 'vitest'
import { scenarioOf } from '../../../test/scenarios.ts'
import { RequestList } from '../requests/request-list.ts'
import { trafficSource } from '../source.ts'
import { fitArrivals } from './fit-arrivals.ts'

const DURATION_S = 1200

/** Times of a process in the format of a scenario, ms. */
function timesOf(arrivals: object, seed = 1, seconds = DURATION_S): Float64Array {
  const scenario = scenarioOf({
    duration_s: seconds,
    models: { any: { work: { law: 'constant', ms: 1 } } },
    traffic: [{ class: 'own', arrivals }],
    pools: [{ name: 'only', model: 'any' }],
  })
  const options = { seed, replication: 0, capacityRps: null, traces: new Map() }
  return RequestList.collect(trafficSource(scenario, options)).columns.at
}

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

describe('one surge on a flat rate', () => {
  test.each([
    [{ at_s: 600, factor: 6, rise_s: 10, hold_s: 60, decay_s: 40 }],
    [{ at_s: 300, factor: 3, rise_s: 60, hold_s: 120, decay_s: 60 }],
    [{ at_s: 800, factor: 10, hold_s: 30 }],
  ])('is found: %j', (surge) => {
    const times = timesOf({ process: 'poisson', rate_rps: 20, surges: [surge] })
    const { arrivals } = fitArrivals(times)
    expect(arrivals.schedule).toBeUndefined()
    expect(arrivals.surges).toHaveLength(1)
    const fitted = arrivals.surges![0] as Required<NonNullable<typeof arrivals.surges>[number]>
    expect(arrivals.rate_rps! / 20).toBeCloseTo(1, 1)
    expect(fitted!.factor / surge.factor).toBeCloseTo(1, 0)
    // requests of the surge: its area times what it adds
    const area = (of: Partial<typeof fitted>) =>
      ((of.rise_s ?? 0) / 2 + (of.hold_s ?? 0) + (of.decay_s ?? 0) / 2) * (of.factor! - 1)
    const halfLife = fitted!.half_life_s === undefined ? 0 : fitted!.half_life_s / Math.LN2
    const of = area(fitted!) + halfLife * (fitted!.factor - 1)
    expect(of / area(surge)).toBeGreaterThan(0.85)
    expect(of / area(surge)).toBeLessThan(1.15)
    expect(Math.abs(fitted!.at_s - surge.at_s)).toBeLessThan(15)
  })

  test('that halves again and again is found with its half-life', () => {
    const surge = { at_s: 400, factor: 12, rise_s: 5, half_life_s: 40 }
    const { arrivals } = fitArrivals(timesOf({ process: 'poisson', rate_rps: 20, surges: [surge] }))
    const fitted = arrivals.surges![0] as Required<NonNullable<typeof arrivals.surges>[number]>
    expect(fitted!.half_life_s! / 40).toBeGreaterThan(0.75)
    expect(fitted!.half_life_s! / 40).toBeLessThan(1.25)
    expect(fitted!.factor).toBeGreaterThan(9)
    expect(fitted!.factor).toBeLessThan(15)
  })

  test('is found in a trace of hours, in place of steps', () => {
    const surge = { at_s: 4000, factor: 4, rise_s: 300, hold_s: 900, decay_s: 600 }
    const times = timesOf({ process: 'poisson', rate_rps: 10, surges: [surge] }, 1, 14_400)
    const { arrivals } = fitArrivals(times)
    expect(arrivals.schedule).toBeUndefined()
    expect(arrivals.surges).toHaveLength(1)
    expect(arrivals.surges![0]!.factor! / 4).toBeCloseTo(1, 1)
  })

  test('is found in bursty traffic, beside its bursts', () => {
    const surge = { at_s: 600, factor: 6, rise_s: 10, hold_s: 100, decay_s: 40 }
    const states = [
      { factor: 0.4, mean_s: 1 },
      { factor: 1.6, mean_s: 1 },
    ]
    const times = timesOf({ process: 'mmpp', states, rate_rps: 20, surges: [surge] })
    const { arrivals } = fitArrivals(times)
    expect(arrivals.process).toBe('mmpp')
    expect(arrivals.surges).toHaveLength(1)
    expect(Math.abs(arrivals.surges![0]!.at_s! - 600)).toBeLessThan(20)
  })
})

describe('negative controls: no surge is found', () => {
  test.each([
    ['Poisson traffic', { process: 'poisson', rate_rps: 20 }],
    ['sparse Poisson traffic', { process: 'poisson', rate_rps: 0.5 }],
    ['regular traffic', { process: 'gamma', cv: 0.5, rate_rps: 20 }],
    ['bursty gaps', { process: 'gamma', cv: 4, rate_rps: 20 }],
    [
      'many rushes of half a minute',
      {
        process: 'mmpp',
        rate_rps: 20,
        states: [
          { factor: 1, mean_s: 60 },
          { factor: 5, mean_s: 20 },
        ],
      },
    ],
    [
      'two surges',
      {
        process: 'poisson',
        rate_rps: 20,
        surges: [{ at_s: 200, every_s: 500, factor: 5, hold_s: 60 }],
      },
    ],
  ])('in %s', (_, arrivals) => {
    const seeds = SEEDS.filter((seed) => fitArrivals(timesOf(arrivals, seed)).arrivals.surges)
    expect(seeds).toEqual([])
  })

  test('in a wave of a whole day', () => {
    const waves = [{ period_s: 86_400, amplitude: 0.7, peak_at_s: 50_000 }]
    const times = timesOf({ process: 'poisson', rate_rps: 2, waves }, 1, 86_400)
    const { arrivals } = fitArrivals(times)
    expect(arrivals.surges).toBeUndefined()
    expect(arrivals.schedule!.length).toBeGreaterThan(20)
  })
})
