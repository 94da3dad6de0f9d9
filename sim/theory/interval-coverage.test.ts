import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { geometricMean, positiveMean, tInterval } from '../stats/index.ts'
import {
  autoregressiveMean,
  intervalCoverage,
  lognormalFigures,
  mm1Sojourn,
} from './interval-coverage.ts'

const options = (seed: string, trials: number) => ({
  trials,
  replications: 10,
  interval: tInterval,
  random: seedrandom.alea(seed),
})

test.each([0, 0.9])(
  'the t interval has its nominal coverage on AR(1) with correlation %f',
  (correlation) => {
    const model = autoregressiveMean({ correlation, length: 30, truth: 3 })
    const { value, low, high, trials } = intervalCoverage(model, options('level', 2000))
    expect(trials).toBe(2000)
    expect(low).toBeLessThan(0.95)
    expect(high).toBeGreaterThan(0.95)
    expect(Math.abs(value - 0.95)).toBeLessThan(0.02)
  },
)

test('negative control: an estimator biased by one standard deviation is caught', () => {
  const model = autoregressiveMean({ correlation: 0, length: 30, truth: 3 })
  const biased = { ...model, truth: 3 + 1 / Math.sqrt(30) }
  expect(intervalCoverage(biased, options('biased', 500)).high).toBeLessThan(0.5)
})

test('the M/M/1 models have unbiased estimates', () => {
  const queue = { arrivalRate: 0.5, serviceRate: 1 }
  const random = seedrandom.alea('truth')
  for (const figure of ['mean', { quantile: 0.99 }] as const) {
    const model = mm1Sojourn(queue, 400_000, figure)
    expect(Math.abs(model.replicate(random) / model.truth - 1)).toBeLessThan(0.03)
  }
})

test('over M/M/1 replications intervals on the log scale have nearly their nominal coverage', () => {
  for (const [figure, interval] of [
    ['mean', positiveMean],
    [{ quantile: 0.9 }, geometricMean],
  ] as const) {
    const model = mm1Sojourn({ arrivalRate: 0.5, serviceRate: 1 }, 2000, figure)
    const { value } = intervalCoverage(model, { ...options('mm1', 300), interval })
    expect(value).toBeGreaterThan(0.88)
    expect(value).toBeLessThan(0.99)
  }
})

describe('over figures that scatter by a factor', () => {
  const model = lognormalFigures({ sigma: 1, median: 5 })

  test.each([3, 30])('the geometric mean of %i has the nominal coverage', (replications) => {
    const replays = { ...options('replays', 2000), replications, interval: geometricMean }
    const { low, high } = intervalCoverage(model, replays)
    expect(low).toBeLessThan(0.95)
    expect(high).toBeGreaterThan(0.95)
  })

  test('negative control: a linear interval reaches below zero, and misses with many figures', () => {
    const random = seedrandom.alea('below zero')
    const few = Array.from({ length: 3 }, () => model.replicate(random))
    expect(tInterval(few).low).toBeLessThan(0)
    const replays = { ...options('replays', 500), replications: 30 }
    expect(intervalCoverage(model, replays).high).toBeLessThan(0.9)
  })
})
