import { expect, test } from 'vitest'
import { parseScenario } from '../../../scenarios/index.ts'
import type { Candidate } from './plan-chains.ts'
import { costsDiffer, leastPaid, paidCost, paidHours } from './plan-costs.ts'

const candidate: Candidate = { index: 0, cost: 2, family: '', replicas: [], capacityRps: null }

test('a cost that is known in advance is that of the candidate', () => {
  expect([paidCost(candidate, null), leastPaid(candidate, null)]).toEqual([2, 2])
})

test('a paid cost is the mean over runs, to the last bit where runs are alike', () => {
  expect(paidCost(candidate, [5, 7])).toBe(6)
  expect(paidCost(candidate, Array(7).fill(0.1))).toBe(0.1)
  expect(leastPaid(candidate, Array(7).fill(3.3))).toBe(3.3)
})

test('the least that may be paid is the end of a t interval, and never below what is sure', () => {
  // mean 6, standard error 1, t(0.975, 2) = 4.302653
  expect(leastPaid(candidate, [6, 6 - Math.sqrt(3), 6 + Math.sqrt(3)])).toBe(2)
  const narrow = [6, 6 - 0.1 * Math.sqrt(3), 6 + 0.1 * Math.sqrt(3)]
  expect(leastPaid(candidate, narrow)).toBeCloseTo(6 - 0.4302653, 6)
  expect(leastPaid(candidate, [6])).toBe(2)
})

test('costs differ where the paired difference does, though each varies far more', () => {
  const a = [10, 20, 30, 40]
  expect(costsDiffer(a, [11, 21.1, 30.9, 41])).toBe(true)
  expect(costsDiffer(a, [11, 19, 31, 39])).toBe(false)
  expect(costsDiffer(a, a)).toBe(false)
  expect(costsDiffer([3, 3], [4, 4])).toBe(true)
})

const hoursOf = (duration: number, warmup: number, arrivals: string) => {
  const text = `spillway: 1
name: hours
duration_s: ${duration}
warmup_s: ${warmup}
models: { m: { work: { law: constant, ms: 10 } } }
traffic: [{ class: web, arrivals: { process: poisson, ${arrivals} } }]
pools: [{ name: p, model: m }]
`
  return paidHours(parseScenario(text, { file: 'hours.yaml' }).scenario)
}
const waveOf = (period: number) => `rate_rps: 9, waves: [{ period_s: ${period}, amplitude: 0.5 }]`

test('hours are those of days where days are counted, as waves or as a schedule', () => {
  expect(hoursOf(86_400, 0, waveOf(86_400))).toEqual({ counted_s: 86_400, whole_days: true })
  expect(hoursOf(90_000, 3600, waveOf(43_200)).whole_days).toBe(true)
  const schedule = 'schedule: [{ at_s: 0, rate_rps: 1 }, { at_s: 36000, rate_rps: 9 }]'
  expect(hoursOf(86_400, 0, schedule).whole_days).toBe(true)
})

test('they are not where a day is pressed into less, or is cut', () => {
  expect(hoursOf(3600, 1200, waveOf(1200))).toEqual({ counted_s: 2400, whole_days: false })
  expect(hoursOf(86_400, 600, waveOf(86_400)).whole_days).toBe(false)
  expect(hoursOf(86_400, 0, waveOf(50_000)).whole_days).toBe(false)
})
