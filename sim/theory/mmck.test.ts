import { expect, test } from 'vitest'
import { erlangB, mmcMeanSojourn, mmcMeanWait } from './erlang.ts'
import { mmck } from './mmck.ts'

test('M/M/4/10 at 3.6 erlangs blocks .06717', () => {
  const { blocking } = mmck({ arrivalRate: 3.6, serviceRate: 1, servers: 4, capacity: 10 })
  expect(blocking).toBeCloseTo(0.06717, 5)
})

test('without a queue it is Erlang B, without waits', () => {
  for (const servers of [1, 10, 1000]) {
    const queue = { arrivalRate: 0.9 * servers, serviceRate: 1, servers, capacity: servers }
    expect(mmck(queue).blocking).toBeCloseTo(erlangB(0.9 * servers, servers), 12)
    expect(mmck(queue).meanWait).toBeCloseTo(0, 9)
  }
})

test('with a very large capacity it is M/M/c', () => {
  for (const servers of [1, 4, 1000]) {
    const queue = { arrivalRate: 1.8 * servers, serviceRate: 2, servers }
    const figures = mmck({ ...queue, capacity: servers + 2000 })
    expect(figures.blocking).toBeLessThan(1e-12)
    expect(figures.throughput).toBeCloseTo(queue.arrivalRate, 9)
    expect(figures.meanSojourn).toBeCloseTo(mmcMeanSojourn(queue), 9)
    expect(figures.meanWait).toBeCloseTo(mmcMeanWait(queue), 9)
  }
})

test('far above capacity the servers are always busy and the system is full', () => {
  const queue = { arrivalRate: 1e6, serviceRate: 1, servers: 4, capacity: 12 }
  expect(mmck(queue).throughput).toBeCloseTo(4, 4)
  expect(mmck(queue).meanSojourn).toBeCloseTo(3, 4)
})

test('M/M/1/K at load 1 is uniform over its states', () => {
  const { blocking } = mmck({ arrivalRate: 1, serviceRate: 1, servers: 1, capacity: 9 })
  expect(blocking).toBeCloseTo(0.1, 12)
})

test('a capacity below the number of servers is rejected', () => {
  expect(() => mmck({ arrivalRate: 1, serviceRate: 1, servers: 4, capacity: 3 })).toThrow(
    'capacity of at least the 4 servers, got 3',
  )
})
