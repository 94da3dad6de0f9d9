import { expect, test } from 'vitest'
import { erlangB } from './erlang.ts'
import { md1kBlocking } from './md1k.ts'

/** Blocking by the chain of the numbers left behind at departures (Kleinrock 1975, section 5.2). */
function byChain(load: number, capacity: number): number {
  const arrivals: number[] = [Math.exp(-load)]
  for (let k = 1; k < capacity; k++) arrivals.push((arrivals[k - 1]! * load) / k)
  // a departure leaves 0 .. capacity - 1; k more arrive during a service, as far as they fit
  let state = Array.from({ length: capacity }, () => 1 / capacity)
  for (let step = 0; step < 20_000; step++) {
    const next = Array.from({ length: capacity }, () => 0)
    for (const [n, p] of state.entries()) {
      const stay = Math.max(0, n - 1)
      let rest = 1
      for (let to = stay; to < capacity - 1; to++) {
        next[to]! += p * arrivals[to - stay]!
        rest -= arrivals[to - stay]!
      }
      next[capacity - 1]! += p * rest
    }
    state = next
  }
  return 1 - 1 / (state[0]! + load)
}

test('M/D/1/K blocks as its chain of departures', () => {
  for (const load of [0.3, 0.8, 1, 1.4]) {
    for (const capacity of [1, 2, 5, 12]) {
      const queue = { arrivalRate: load / 2, service: 2, capacity }
      expect(md1kBlocking(queue)).toBeCloseTo(byChain(load, capacity), 8)
    }
  }
})

test('without a queue it is Erlang B', () => {
  expect(md1kBlocking({ arrivalRate: 0.7, service: 1, capacity: 1 })).toBeCloseTo(
    erlangB(0.7, 1),
    12,
  )
})

test('a capacity that would lose digits is rejected', () => {
  expect(() => md1kBlocking({ arrivalRate: 1, service: 1, capacity: 21 })).toThrow('capacity')
})
