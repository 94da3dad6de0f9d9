import { describe, expect, test } from 'vitest'
import { Md1Wait } from './md1-wait.ts'
import { md1MeanWait, mg1MeanWait, mg1SetUpMeanWait } from './mg1.ts'
import { mm1MeanWait } from './mm1.ts'
import { poissonProbabilities } from './poisson.ts'

describe('M/G/1 mean wait', () => {
  test('with exponential service is that of M/M/1', () => {
    const wait = mg1MeanWait({ arrivalRate: 0.8, meanService: 1, secondMoment: 2 })
    expect(wait).toBeCloseTo(mm1MeanWait({ arrivalRate: 0.8, serviceRate: 1 }), 12)
  })

  test('with Erlang-2 service at load 0.8 is 3', () => {
    expect(mg1MeanWait({ arrivalRate: 0.8, meanService: 1, secondMoment: 1.5 })).toBeCloseTo(3, 12)
  })

  test('of M/D/1 at load 0.8 is 2, half that of M/M/1', () => {
    expect(md1MeanWait({ arrivalRate: 0.8, service: 1 })).toBeCloseTo(2, 12)
  })

  test('without a stationary state is rejected', () => {
    expect(() => md1MeanWait({ arrivalRate: 1, service: 1 })).toThrow('below 1')
  })
})

describe('M/G/1 with set-up times', () => {
  const exponential = { arrivalRate: 0.6, meanService: 1, secondMoment: 2 }
  const plain = mg1MeanWait(exponential)

  test('of length 0 is M/G/1', () => {
    expect(mg1SetUpMeanWait(exponential, { mean: 0, secondMoment: 0 })).toBe(plain)
  })

  test('that are exponential add their mean, at any load', () => {
    // Gandhi, Harchol-Balter and Adan 2010
    for (const arrivalRate of [0.1, 0.5, 0.9]) {
      const queue = { ...exponential, arrivalRate }
      const wait = mg1SetUpMeanWait(queue, { mean: 3, secondMoment: 18 })
      expect(wait - mg1MeanWait(queue)).toBeCloseTo(3, 12)
    }
  })

  test('is the set-up time itself at very low rates', () => {
    const queue = { ...exponential, arrivalRate: 1e-9 }
    expect(mg1SetUpMeanWait(queue, { mean: 3, secondMoment: 9 })).toBeCloseTo(3, 7)
  })

  test('matches the chain of exponential service with a two-phase set-up', () => {
    const phases = { mean: 2 / 0.8, secondMoment: 6 / 0.8 ** 2 }
    expect(mg1SetUpMeanWait(exponential, phases)).toBeCloseTo(setUpChain(0.6, 1, 0.8, 150), 6)
  })
})

/**
 * Mean wait, including set-up, of M/M/1 with a set-up in two exponential phases, from the chain of
 * (requests, phase). Phases 0 and 1 are the set-up, 2 is service.
 */
function setUpChain(arrivalRate: number, serviceRate: number, phaseRate: number, most: number) {
  const size = 3 * (most + 1)
  const total = arrivalRate + serviceRate + phaseRate
  let now = new Float64Array(size)
  now[0] = 1
  for (let i = 0; i < 20_000; i++) {
    const next = new Float64Array(size)
    now.forEach((p, state) => {
      if (p === 0) return
      const n = Math.floor(state / 3)
      const phase = state % 3
      const move = (to: number, rate: number) => {
        next[to]! += (p * rate) / total
      }
      // an arrival at an empty system begins the set-up
      move(n === most ? state : n === 0 ? 3 : state + 3, arrivalRate)
      move(n > 0 && phase === 2 ? (n === 1 ? 0 : state - 3) : state, serviceRate)
      move(n > 0 && phase < 2 ? state + 1 : state, phaseRate)
    })
    now = next
  }
  const requests = now.reduce((sum, p, state) => sum + p * Math.floor(state / 3), 0)
  return requests / arrivalRate - 1 / serviceRate
}

describe('M/D/1 wait', () => {
  const queue = { arrivalRate: 0.4, service: 2 }
  const wait = new Md1Wait(queue)

  /** Erlang 1909: (1 - rho) sum of (lambda (k D - t))^k / k! exp(-lambda (k D - t)), k D <= t. */
  function erlang(t: number): number {
    let sum = 0
    let factorial = 1
    for (let k = 0; k * 2 <= t; k++) {
      if (k > 0) factorial *= k
      const x = 0.4 * (k * 2 - t)
      sum += (x ** k / factorial) * Math.exp(-x)
    }
    return 0.2 * sum
  }

  test("agrees with Erlang's formula where that keeps its digits", () => {
    for (const t of [0, 0.5, 1.99, 2, 3, 7.7, 16, 24]) expect(wait.cdf(t)).toBeCloseTo(erlang(t), 9)
  })

  test('is 0 for a share of 1 - rho', () => {
    expect(wait.cdf(0)).toBeCloseTo(0.2, 12)
    expect(wait.cdf(-1)).toBe(0)
    expect(wait.quantile(0.19)).toBe(0)
  })

  test('has a tail whose integral is the mean', () => {
    let integral = 0
    const step = 0.01
    for (let t = step / 2; t < 160; t += step) integral += (1 - wait.cdf(t)) * step
    expect(integral).toBeCloseTo(md1MeanWait(queue), 4)
  })

  test('has a quantile that is its inverse, far into the tail', () => {
    for (const q of [0.5, 0.9, 0.99, 0.999, 0.99999]) {
      expect(wait.cdf(wait.quantile(q))).toBeCloseTo(q, 10)
    }
  })

  test('has a tail that decays as exp(-theta t), theta the root of lambda (e^(theta D) - 1) = theta', () => {
    let theta = 1
    for (let i = 0; i < 200; i++) theta = Math.log(1 + theta / 0.4) / 2
    const decay = Math.log((1 - wait.cdf(20)) / (1 - wait.cdf(30))) / 10
    expect(decay).toBeCloseTo(theta, 6)
  })
})

describe('Poisson probabilities', () => {
  test.each([0.001, 1, 7.3, 400, 5000])('of mean %f sum to 1 and have that mean', (mean) => {
    const probabilities = poissonProbabilities(mean)
    const sum = probabilities.reduce((a, b) => a + b, 0)
    const first = probabilities.reduce((a, b, n) => a + b * n, 0)
    expect(sum).toBeCloseTo(1, 12)
    expect(first / mean).toBeCloseTo(1, 10)
  })

  test('start at exp(-mean)', () => {
    expect(poissonProbabilities(2.5)[0]).toBeCloseTo(Math.exp(-2.5), 14)
  })
})
