import { describe, expect, test } from 'vitest'
import { DrawJudge } from './draw-judge.ts'
import type { JudgedRun } from './plan-task.ts'
import { statedObjectives } from './plan-verdict.ts'

const stated = (...slo: string[]) =>
  statedObjectives({ traffic: [{ class: 'web' }], slo: { web: slo } })

const P95 = stated('p(95) latency_ms < 100')

/** Runs with these figures of each objective. */
const runsOf = (...objectives: readonly (readonly number[])[]): JudgedRun[] =>
  objectives[0]!.map((_, run) => ({
    objectives: objectives.map((values) => ({
      value: values[run]!,
      n: 10_000,
      upper: null,
      tail: null,
    })),
  }))

describe('the chance that a configuration holds in a draw', () => {
  const six = [88, 90, 92, 89, 91, 90]

  test('is one half at the limit, sure far below it, and none far above', () => {
    const judge = new DrawJudge(P95, runsOf(six), 4)
    const mean = Math.exp(six.reduce((total, ms) => total + Math.log(ms), 0) / six.length)
    const times = (factor: number) => judge.chance(runsOf(six.slice(0, 4).map((ms) => factor * ms)))
    expect(times(100 / mean).holds).toBeCloseTo(0.5, 6)
    expect(times(100 / mean).ofLimit).toBeCloseTo(1, 6)
    expect(times(1).holds).toBeGreaterThan(0.999)
    expect(times(1.3).holds).toBeLessThan(0.001)
    expect(times(1.3).ofLimit).toBeCloseTo((1.3 * mean) / 100, 6)
  })

  test('has the noise of all runs at the stated inputs, and not that of its few seeds', () => {
    // the first four are far below the mean of all, and so are those of the draw
    const values = [80, 80.4, 79.6, 80, 120, 119, 121, 120]
    const judge = new DrawJudge(P95, runsOf(values), 4)
    const same = judge.chance(runsOf(values.slice(0, 4)))
    expect(same.ofLimit).toBeCloseTo(Math.sqrt(80 * 120) / 100, 2)
    expect(same.holds).toBeGreaterThan(0.5)
    expect(same.holds).toBeLessThan(0.8)
  })

  test('is that of the least sure objective', () => {
    const both = stated('p(95) latency_ms < 100', 'goodput > 99%')
    const shares = six.map((ms) => 1 - ms / 9100)
    const judge = new DrawJudge(both, runsOf(six, shares), 4)
    const fewer = judge.chance(runsOf(six.slice(0, 4), shares.slice(0, 4)))
    const alone = new DrawJudge(both.slice(1), runsOf(shares), 4)
    expect(fewer.holds).toBe(alone.chance(runsOf(shares.slice(0, 4))).holds)
    const lost = judge.chance(runsOf(six.slice(0, 4), [0.9, 0.9, 0.9, 0.9]))
    expect(lost.holds).toBeLessThan(0.001)
  })

  test('is by the upper end of a window of few requests, as at the stated inputs', () => {
    const windows = stated('p(99, worst 10s) latency_ms < 100')
    const runsWith = (value: number, upper: number, n: number): JudgedRun[] =>
      six.map(() => ({ objectives: [{ value, n, upper, tail: null }] }))
    const judge = new DrawJudge(windows, runsWith(70, 95, 300), 6)
    expect(judge.chance(runsWith(70, 95, 300)).holds).toBe(1)
    expect(judge.chance(runsWith(82, 112, 300)).holds).toBe(0)
    expect(judge.chance(runsWith(82, Number.POSITIVE_INFINITY, 300)).holds).toBe(0)
    // of many requests the value is right
    const many = new DrawJudge(windows, runsWith(70, 95, 100_000), 6)
    expect(many.chance(runsWith(82, 112, 100_000)).holds).toBe(1)
  })

  test('counts losses, and the longest times that a transfer allows', () => {
    const figures = (value: number) => [{ value, n: 10_000, upper: null, tail: null }]
    const runsWith = (value: number, further: object): JudgedRun[] =>
      six.map(() => ({ objectives: figures(value), ...further }))
    const lost = (value: number) => ({ lost: [{ text: 'a', objectives: figures(value) }] })
    const ofLoss = new DrawJudge(P95, runsWith(50, lost(90)), 4)
    expect(ofLoss.chance(runsWith(50, lost(90)).slice(0, 4)).holds).toBe(1)
    expect(ofLoss.chance(runsWith(50, lost(110)).slice(0, 4)).holds).toBe(0)
    const slower = (value: number) => ({ slower: figures(value) })
    const transferred = new DrawJudge(P95, runsWith(50, slower(90)), 4)
    expect(transferred.chance(runsWith(50, slower(110)).slice(0, 4))).toMatchObject({ holds: 0 })
  })

  test('is none where requests are lost, where nothing was observed, or a draw has no runs', () => {
    const judge = new DrawJudge(P95, runsOf(six), 4)
    expect(judge.chance(runsOf([90, 90, 90, Number.POSITIVE_INFINITY])).holds).toBe(0)
    expect(judge.chance(runsOf([90, 90, 90, Number.NaN])).holds).toBe(0)
    // that fails as stated, and holds with faster service
    const failing = new DrawJudge(P95, runsOf([90, Number.POSITIVE_INFINITY, 95]), 3)
    expect(failing.chance(runsOf([70, 71, 72])).holds).toBeGreaterThan(0.99)
    expect(failing.chance(runsOf([70, 71, Number.POSITIVE_INFINITY])).holds).toBe(0)
  })

  test('is sure either way where nothing is random', () => {
    const judge = new DrawJudge(P95, runsOf([90, 90, 90]), 1)
    expect(judge.chance(runsOf([99.9]))).toMatchObject({ holds: 1 })
    expect(judge.chance(runsOf([100]))).toMatchObject({ holds: 0 })
  })
})
