import { describe, expect, test } from 'vitest'
import {
  forkJoinMostSojourn,
  forkJoinPairMeanSojourn,
  longestMean,
  longestQuantile,
} from './fork-join.ts'

/** Mean of a non-negative quantity, as the integral of its tail. */
function integral(tail: (t: number) => number): number {
  const step = 1e-3
  let sum = 0
  for (let t = step / 2; t < 60; t += step) sum += tail(t) * step
  return sum
}

describe('the longest of n exponential services', () => {
  test.each([1, 2, 10, 100])('of n = %i has the mean of its distribution', (n) => {
    const tail = (t: number) => 1 - (1 - Math.exp(-0.5 * t)) ** n
    expect(longestMean(n, 0.5)).toBeCloseTo(integral(tail), 4)
  })

  test.each([0.5, 0.95, 0.99])('has its %f quantile where the n-th power of F equals it', (q) => {
    const t = longestQuantile(7, 2, q)
    expect((1 - Math.exp(-2 * t)) ** 7).toBeCloseTo(q, 12)
  })

  test('is slow for 63 % of requests with a hundred parts that are slow for 1 in 100', () => {
    // Dean and Barroso 2013: 1 - 0.99^100
    const slow = -Math.log(0.01)
    expect(longestQuantile(100, 1, 0.99 ** 100)).toBeCloseTo(slow, 9)
    expect(1 - 0.99 ** 100).toBeCloseTo(0.634, 3)
  })
})

/**
 * E[max(a, b)] / lambda (Little) from the chain of the two queue lengths, cut at `most`. Requests
 * leave in order, so the longer queue has as many as the system.
 */
function byChain(arrivalRate: number, serviceRate: number, most: number): number {
  const size = most + 1
  const total = arrivalRate + 2 * serviceRate
  let now = new Float64Array(size * size)
  now[0] = 1
  for (let i = 0; i < 4000; i++) {
    const next = new Float64Array(size * size)
    for (let a = 0; a < size; a++) {
      for (let b = 0; b < size; b++) {
        const p = now[a * size + b]! / total
        const come = Math.max(a, b) < most ? (a + 1) * size + b + 1 : a * size + b
        next[come]! += p * arrivalRate
        next[Math.max(0, a - 1) * size + b]! += p * serviceRate
        next[a * size + Math.max(0, b - 1)]! += p * serviceRate
      }
    }
    now = next
  }
  let requests = 0
  now.forEach((p, state) => {
    requests += p * Math.max(Math.floor(state / size), state % size)
  })
  return requests / arrivalRate
}

describe('the fork-join queue of two servers', () => {
  test.each([0.1, 0.4, 0.6])('has the mean sojourn of its chain at load %f', (rho) => {
    const queue = { arrivalRate: 2 * rho, serviceRate: 2 }
    expect(forkJoinPairMeanSojourn(queue)).toBeCloseTo(byChain(2 * rho, 2, 50), 5)
  })

  test('is the longest of two services at very low rates', () => {
    const queue = { arrivalRate: 1e-9, serviceRate: 2 }
    expect(forkJoinPairMeanSojourn(queue)).toBeCloseTo(longestMean(2, 2), 8)
  })

  test('is below the longest of independent M/M/1 sojourns, and is M/M/1 for one server', () => {
    const queue = { arrivalRate: 0.7, serviceRate: 1 }
    expect(forkJoinPairMeanSojourn(queue)).toBeLessThan(forkJoinMostSojourn(2, queue))
    expect(forkJoinMostSojourn(1, queue)).toBeCloseTo(1 / 0.3, 12)
    expect(() => forkJoinPairMeanSojourn({ arrivalRate: 1, serviceRate: 1 })).toThrow('below 1')
  })
})
