import { describe, expect, test } from 'vitest'
import type { Result, Uncertainty } from '../../documents/index.ts'
import { answerFigures } from './answers.ts'
import type { UncertainFigure } from './uncertain-figures.ts'
import type { WidenedFigure } from './widened-figure.ts'
import { needsMoreDraws } from './with-uncertainty.ts'

const wideOf = (low: number, high: number): WidenedFigure => ({
  ...{ low, high, settled: true, scaled: [], perUnit: 1 },
  probabilityBelow: () => 0,
  error: { standardError: 0, degrees: 9 },
})

type Objective = Result['objectives'][number]

/** An objective with its value, which holds with this probability. */
function stated(text: string, value: number, holds: number) {
  const objective: Objective = {
    class: 'web',
    text,
    estimate: { value, low: value, high: value, n: 100 },
    tail: null,
    verdict: 'UNDECIDED',
    deciding_duration_s: null,
    interval: 'inputs',
    with_inputs: { low: null, high: null, p_holds: holds, verdict_by_draws: 'PASS' },
  }
  return { objective, wide: wideOf(value / 2, value * 2) }
}

describe('the answer', () => {
  const LATE = 'p(99) latency_ms < 100'
  const GOOD = 'goodput > 99%'
  const objectiveOf = (...objectives: ReturnType<typeof stated>[]) =>
    answerFigures(objectives, []).map(({ objective }) => objective)

  test('is the objective that is least sure to hold', () => {
    expect(objectiveOf(stated(LATE, 60, 0.9), stated(GOOD, 0.995, 0.8))).toEqual([GOOD])
    expect(objectiveOf(stated(LATE, 60, 0.1), stated(GOOD, 0.995, 0.8))).toEqual([LATE])
  })

  test('is that nearest to its limit where all surely hold, and of equally sure ones', () => {
    // 0.6 of the limit, and half of what may be lost
    expect(objectiveOf(stated(GOOD, 0.995, 1), stated(LATE, 60, 0.9995))).toEqual([LATE])
    expect(objectiveOf(stated(GOOD, 0.992, 0.9995), stated(LATE, 60, 1))).toEqual([GOOD])
    expect(objectiveOf(stated(GOOD, 0.8, 0), stated(LATE, 600, 0))).toEqual([GOOD])
  })

  test('is none of an objective without a wider interval', () => {
    expect(answerFigures([{ ...stated(LATE, 60, 0.5), wide: null }], [])).toEqual([])
  })

  test('is the p99 of the class where it is widest, and the cost, without objectives', () => {
    const figure = (
      name: string | null,
      metric: UncertainFigure['metric'],
      p: number | null,
      high: number,
    ) => ({
      ...{ class: name, metric, p, of: () => 0, wide: wideOf(1, high) },
      estimate: { value: 1, low: 1, high: 1, n: 1 },
    })
    const figures = [
      figure('web', 'latency', null, 9),
      figure('web', 'latency', 0.5, 9),
      figure('web', 'latency', 0.99, 2),
      figure('web', 'latency', 0.999, 9),
      figure('batch', 'latency', 0.99, 3),
      figure(null, 'load', null, 9),
      figure(null, 'usd_per_million', null, 2),
    ]
    const named = (of: typeof figures) =>
      answerFigures([], of).map(({ class: name, metric, p }) => [name, metric, p])
    expect(named(figures)).toEqual([
      ['batch', 'latency', 0.99],
      [null, 'usd_per_million', null],
    ])
    expect(named(figures.filter(({ p }) => p === 0.5 || p === null))).toEqual([
      ['web', 'latency', 0.5],
      [null, 'usd_per_million', null],
    ])
    expect(named(figures.filter(({ metric }) => metric === 'load'))).toEqual([])
  })
})

describe('more draws', () => {
  const answerOf = (together: number | null): Uncertainty['answers'][number] => ({
    class: null,
    objective: null,
    metric: 'load',
    p: null,
    draws: { value: 1, low: 1, high: 1, n: 1 },
    low: 0,
    high: 2,
    effects: [],
    together,
    open: 0,
    narrowings: [],
  })
  const uncertainty = (
    draws: number,
    settled: boolean,
    together: number | null,
    inputs = 4,
  ): Uncertainty => ({
    draws,
    replications: 4,
    settled,
    inputs: Array.from({ length: inputs }, () => ({ name: 'x', value: 1, low: 0, high: 2 })),
    figures: [],
    answers: [answerOf(together)],
  })

  test('are needed where ends still move, or where inputs act together', () => {
    expect(needsMoreDraws(uncertainty(32, true, 0.02), 256)).toBe(false)
    expect(needsMoreDraws(uncertainty(32, true, null), 256)).toBe(false)
    expect(needsMoreDraws(uncertainty(32, false, 0.02), 256)).toBe(true)
    expect(needsMoreDraws(uncertainty(32, true, 0.2), 256)).toBe(true)
  })

  test('are not where these have room for pairs of inputs, or would not have it', () => {
    expect(needsMoreDraws(uncertainty(64, true, 0.2), 256)).toBe(false)
    expect(needsMoreDraws(uncertainty(32, true, 0.2, 20), 256)).toBe(false)
    expect(needsMoreDraws(uncertainty(256, false, 0.2), 256)).toBe(false)
  })
})
