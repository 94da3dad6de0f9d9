import { expect, test } from 'vitest'
import { placedTraffic } from './placed-traffic.ts'

const flat = { class: 'web', arrivals: { process: 'poisson', rate_rps: 5 } } as const
const surge = { at_s: 30, factor: 4, hold_s: 10 }
const whole = { from_s: 0.2, until_s: 99.9, end_s: 100, longest_gap_s: 1 }

test('a class whose rows are all over the file keeps its rate, and its surge moves', () => {
  const traffic = { ...flat, arrivals: { ...flat.arrivals, surges: [surge] } }
  expect(placedTraffic(flat, whole)).toEqual(flat)
  expect(placedTraffic(traffic, whole).arrivals).toEqual({
    ...flat.arrivals,
    surges: [{ ...surge, at_s: 30.2 }],
  })
})

test('a silence longer than any gap, before or after the rows, is a rate of 0', () => {
  const place = { ...whole, from_s: 20, until_s: 60 }
  expect(placedTraffic(flat, place).arrivals.schedule).toEqual([
    { at_s: 0, rate_rps: 0 },
    { at_s: 20, rate_rps: 5 },
    { at_s: 60, rate_rps: 0 },
  ])
  expect(placedTraffic(flat, { ...place, longest_gap_s: 41 })).toEqual(flat)
})

test('steps of rate and lengths move, except a first one that begins with the run', () => {
  const schedule = [
    { at_s: 0, rate_rps: 5 },
    { at_s: 40, rate_rps: 9 },
  ]
  const length_schedule = [
    { at_s: 0, input_level: 0.5 },
    { at_s: 40, input_level: 0.6 },
  ]
  const steps = { ...flat, arrivals: { process: 'poisson', schedule } as const, length_schedule }
  const near = placedTraffic(steps, whole)
  expect(near.arrivals.schedule!.map(({ at_s }) => at_s)).toEqual([0, 40.2])
  const late = placedTraffic(steps, { ...whole, from_s: 20 })
  expect(late.arrivals.schedule!.map(({ at_s }) => at_s)).toEqual([0, 20, 60])
  expect(late.length_schedule!.map(({ at_s }) => at_s)).toEqual([0, 60])
})
