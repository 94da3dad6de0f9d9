import { describe, expect, test } from 'vitest'
import { ekm1MeanWait, ekm1WaitShare } from './ekm1.ts'
import { mm1MeanWait } from './mm1.ts'

describe('E_k/M/1', () => {
  test('with one stage is M/M/1', () => {
    for (const arrivalRate of [0.1, 0.5, 0.8, 0.95]) {
      const queue = { arrivalRate, serviceRate: 1 }
      expect(ekm1WaitShare({ ...queue, stages: 1 })).toBeCloseTo(arrivalRate, 12)
      expect(ekm1MeanWait({ ...queue, stages: 1 }) / mm1MeanWait(queue)).toBeCloseTo(1, 10)
    }
  })

  test('with two stages at load .8 has the root of its cubic', () => {
    // sigma (1.6 + 1 - sigma)^2 = 1.6^2 has a root sigma = 1, which leaves sigma^2 - 4.2 sigma +
    // 2.56
    const root = (4.2 - Math.sqrt(4.2 ** 2 - 4 * 2.56)) / 2
    expect(ekm1WaitShare({ arrivalRate: 0.8, serviceRate: 1, stages: 2 })).toBeCloseTo(root, 12)
  })

  test('with many stages is D/M/1, whose root solves sigma = exp(-(1 - sigma) / rho)', () => {
    const sigma = ekm1WaitShare({ arrivalRate: 0.5, serviceRate: 1, stages: 1e6 })
    expect(sigma).toBeCloseTo(Math.exp(-(1 - sigma) / 0.5), 6)
  })

  test('has shorter waits for more regular arrivals', () => {
    const waits = [1, 2, 3, 8, 50].map((stages) =>
      ekm1MeanWait({ arrivalRate: 0.8, serviceRate: 1, stages }),
    )
    expect([...waits].sort((a, b) => b - a)).toEqual(waits)
  })

  test('without a stationary state is rejected', () => {
    expect(() => ekm1MeanWait({ arrivalRate: 1, serviceRate: 1, stages: 2 })).toThrow('below 1')
  })
})
