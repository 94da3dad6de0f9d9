import { expect, test } from 'vitest'
import { guardChannelBlocking } from './guard-channels.ts'
import { mmck } from './mmck.ts'

const queue = { arrivalRates: [2.1, 1.5], serviceRate: 1, servers: 4, capacity: 10 } as const

test('without a guard both classes are those of M/M/c/K', () => {
  const { blocking } = mmck({ arrivalRate: 3.6, serviceRate: 1, servers: 4, capacity: 10 })
  for (const share of guardChannelBlocking({ ...queue, guard: 10 })) {
    expect(share).toBeCloseTo(blocking, 12)
  }
})

test('without the second class the first is M/M/c/K', () => {
  const { blocking } = mmck({ arrivalRate: 2.1, serviceRate: 1, servers: 4, capacity: 10 })
  const [first, second] = guardChannelBlocking({ ...queue, guard: 0 })
  expect(first).toBeCloseTo(blocking, 12)
  expect(second).toBe(1)
})

test('a lower guard blocks fewer requests of the first class, and more of the second', () => {
  const each = [10, 8, 6, 4, 2].map((guard) => guardChannelBlocking({ ...queue, guard }))
  for (let i = 1; i < each.length; i++) {
    expect(each[i]![0]).toBeLessThan(each[i - 1]![0])
    expect(each[i]![1]).toBeGreaterThan(each[i - 1]![1])
  }
})

test('a guard above the capacity is rejected', () => {
  expect(() => guardChannelBlocking({ ...queue, guard: 11 })).toThrow('guard')
})
