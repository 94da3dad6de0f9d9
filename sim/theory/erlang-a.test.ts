import { describe, expect, test } from 'vitest'
import { erlangC } from './erlang.ts'
import { erlangA } from './erlang-a.ts'
import { poissonProbabilities } from './poisson.ts'

describe('Erlang A', () => {
  test('with patience and service rates equal is M/M/inf, with a Poisson number in the system', () => {
    const queue = { arrivalRate: 12, serviceRate: 1, servers: 10, patienceRate: 1 }
    const probabilities = poissonProbabilities(12)
    let queued = 0
    let waits = 0
    probabilities.forEach((p, n) => {
      queued += p * Math.max(0, n - 10)
      if (n >= 10) waits += p
    })
    const { abandoned, waits: delayed } = erlangA(queue)
    expect(abandoned).toBeCloseTo(queued / 12, 10)
    expect(delayed).toBeCloseTo(waits, 10)
  })

  test.each([
    { arrivalRate: 11, serviceRate: 1, servers: 10, patienceRate: 0.5 },
    { arrivalRate: 300, serviceRate: 2, servers: 120, patienceRate: 3 },
  ])('serves every request that does not abandon: %o', (queue) => {
    const { abandoned, utilisation } = erlangA(queue)
    const served = queue.arrivalRate * (1 - abandoned)
    expect(served).toBeCloseTo(queue.servers * queue.serviceRate * utilisation, 9)
  })

  test('with infinite patience waits as Erlang C', () => {
    const queue = { arrivalRate: 8, serviceRate: 1, servers: 10, patienceRate: 1e-9 }
    expect(erlangA(queue).waits).toBeCloseTo(erlangC(8, 10), 6)
  })

  test('computed by hand: one server, all rates 1, is exp(1)', () => {
    // weights 1/n!: E[Q] = sum (n - 1) / n! = 1 over e from n = 1 on
    const { abandoned, waits } = erlangA({
      arrivalRate: 1,
      serviceRate: 1,
      servers: 1,
      patienceRate: 1,
    })
    expect(abandoned).toBeCloseTo(1 / Math.E, 12)
    expect(waits).toBeCloseTo(1 - 1 / Math.E, 12)
  })
})
