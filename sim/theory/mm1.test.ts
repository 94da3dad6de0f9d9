import { expect, test } from 'vitest'
import { mm1MeanSojourn, mm1MeanWait, mm1SojournQuantile } from './mm1.ts'

const queue = { arrivalRate: 0.8, serviceRate: 1 }

test('at load 0.8 the mean wait is 4 services and the mean sojourn 5', () => {
  expect(mm1MeanWait(queue)).toBeCloseTo(4, 12)
  expect(mm1MeanSojourn(queue)).toBeCloseTo(5, 12)
})

test('at load 0.8 the p99 of the sojourn is 23.026 services', () => {
  expect(mm1SojournQuantile(queue, 0.99)).toBeCloseTo(23.026, 3)
  expect(mm1SojournQuantile(queue, 0)).toBeCloseTo(0, 12)
})

test('the mean wait is the integral of the tail of the wait', () => {
  // P(wait > t) = rho exp(-(mu - lambda) t)
  let integral = 0
  const step = 0.01
  for (let t = step / 2; t < 200; t += step) integral += 0.8 * Math.exp(-0.2 * t) * step
  expect(integral).toBeCloseTo(mm1MeanWait(queue), 4)
})

test('times scale with the unit', () => {
  const inMs = { arrivalRate: 0.0008, serviceRate: 0.001 }
  expect(mm1MeanWait(inMs)).toBeCloseTo(4000, 8)
})

test('without a stationary state it is rejected', () => {
  expect(() => mm1MeanWait({ arrivalRate: 1, serviceRate: 1 })).toThrow('below 1, got 1')
  expect(() => mm1SojournQuantile(queue, 1)).toThrow('probability')
})
