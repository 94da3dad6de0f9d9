import seedrandom from 'seedrandom'
import { expect, test } from 'vitest'
import { autoregressiveMean, intervalCoverage, mm1Sojourn } from './interval-coverage.ts'

const options = (seed: string, trials: number) => ({
  trials,
  replications: 10,
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

test('over M/M/1 replications the t interval has nearly its nominal coverage', () => {
  const model = mm1Sojourn({ arrivalRate: 0.5, serviceRate: 1 }, 2000, { quantile: 0.9 })
  const { value } = intervalCoverage(model, options('mm1', 300))
  expect(value).toBeGreaterThan(0.88)
  expect(value).toBeLessThan(0.99)
})
