import { describe, expect, test } from 'vitest'
import { erlangB, erlangC, mmcMeanSojourn, mmcMeanWait } from './erlang.ts'
import { mm1MeanSojourn, mm1MeanWait } from './mm1.ts'

describe('Erlang B', () => {
  test('of 8 erlangs on 10 servers is .12166', () => {
    expect(erlangB(8, 10)).toBeCloseTo(0.12166, 5)
  })

  test('is a^c / c! over the sum of a^k / k!', () => {
    let term = 1
    let sum = 1
    for (let k = 1; k <= 20; k++) sum += term *= 13.5 / k
    expect(erlangB(13.5, 20)).toBeCloseTo(term / sum, 14)
  })

  test('does not overflow with 1000 servers', () => {
    const blocked = erlangB(1000, 1000)
    // heavy traffic: B -> sqrt(2 / (pi c)) at a = c (Jagerman 1974)
    expect(blocked / Math.sqrt(2 / (Math.PI * 1000))).toBeCloseTo(1, 1)
  })
})

describe('Erlang C', () => {
  test('of one server is its load', () => {
    for (const load of [0.01, 0.5, 0.8, 0.99]) expect(erlangC(load, 1)).toBeCloseTo(load, 13)
  })

  test('of two servers is 2 rho^2 / (1 + rho)', () => {
    for (const rho of [0.1, 0.5, 0.9]) {
      expect(erlangC(2 * rho, 2)).toBeCloseTo((2 * rho * rho) / (1 + rho), 13)
    }
  })

  test('of 1000 servers at load .95 is .0683', () => {
    expect(erlangC(950, 1000)).toBeCloseTo(0.0683, 4)
  })

  test('without a stationary state is rejected', () => {
    expect(() => erlangC(4, 4)).toThrow('below 1')
  })
})

describe('M/M/c', () => {
  const queue = { arrivalRate: 3.4, serviceRate: 1, servers: 4 }

  test('with one server is M/M/1', () => {
    const single = { arrivalRate: 0.8, serviceRate: 1 }
    expect(mmcMeanWait({ ...single, servers: 1 })).toBeCloseTo(mm1MeanWait(single), 12)
    expect(mmcMeanSojourn({ ...single, servers: 1 })).toBeCloseTo(mm1MeanSojourn(single), 12)
  })

  test('has the mean wait of its birth-death chain, by the law of Little', () => {
    let weight = 1
    let total = 0
    let waiting = 0
    for (let n = 0; n < 2000; n++) {
      total += weight
      waiting += Math.max(0, n - queue.servers) * weight
      weight *= queue.arrivalRate / (queue.serviceRate * Math.min(n + 1, queue.servers))
    }
    expect(waiting / total / queue.arrivalRate).toBeCloseTo(mmcMeanWait(queue), 10)
  })
})
