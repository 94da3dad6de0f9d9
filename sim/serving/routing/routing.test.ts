import { describe, expect, test } from 'vitest'
import { routingPlans } from '../../../test/random-routing.ts'
import { candidatesOf, routerOf } from './router.test-helper.ts'
import { routingPolicies } from './routing.ts'

test('every policy is in the table under its own name', () => {
  for (const [name, { kind }] of Object.entries(routingPolicies)) expect(kind).toBe(name)
  expect(routingPlans.map(({ policy }) => policy).sort()).toEqual(
    Object.keys(routingPolicies).sort(),
  )
})

describe.each(routingPlans)('$policy', (plan) => {
  test('gives each candidate one of as many parts, whatever the loads', () => {
    for (let count = 1; count <= 5; count++) {
      const candidates = candidatesOf(...Array.from({ length: count }, () => 0))
      const { router, slot, next } = routerOf(plan, candidates)
      for (let request = 0; request < 20; request++) {
        for (const candidate of candidates) {
          candidate.load = (request * candidate.number) % 3
          candidate.responseMs = (request * candidate.number) % 5
        }
        const chosen = candidates.map((_, part) =>
          part === 0 ? next() : router.routeApart(0, slot).number,
        )
        expect(new Set(chosen).size).toBe(count)
      }
    }
  })

  test('has no choice where there is one', () => {
    const { next } = routerOf(plan, candidatesOf(7))
    expect([next(), next()]).toEqual([0, 0])
  })

  test('decides by what it has seen alone: equal routers choose alike', () => {
    const loads = [2, 0, 1, 1]
    const [first, second] = [
      routerOf(plan, candidatesOf(...loads)),
      routerOf(plan, candidatesOf(...loads)),
    ]
    for (let i = 0; i < 50; i++) expect(first.next({ now: i })).toBe(second.next({ now: i }))
  })
})

test('round-robin takes one after the other, whatever their load', () => {
  const { next } = routerOf('round-robin', candidatesOf(9, 0, 5))
  expect(Array.from({ length: 7 }, () => next())).toEqual([0, 1, 2, 0, 1, 2, 0])
})

const inOrder = { policy: 'least-loaded', ties: 'first', viewAgeMs: 0 } as const

test('least-loaded takes the least loaded, and of equals the first if so configured', () => {
  const candidates = candidatesOf(2, 1, 1)
  const { next } = routerOf(inOrder, candidates)
  expect(next()).toBe(1)
  candidates[1]!.load = 3
  expect(next()).toBe(2)
  candidates[2]!.load = 2
  expect(next()).toBe(0)
})

test('least-loaded sends further parts to the next in order of load', () => {
  const { router, slot, next } = routerOf(inOrder, candidatesOf(0, 9, 5, 9))
  const parts = [next(), router.routeApart(0, slot).number, router.routeApart(0, slot).number]
  expect(parts).toEqual([0, 2, 1])
})

test('a view that is old has the loads of its last refresh', () => {
  const candidates = candidatesOf(0, 0)
  const { router, next } = routerOf({ ...inOrder, viewAgeMs: 50 }, candidates)
  candidates[0]!.load = 3
  expect(next()).toBe(0)
  router.refresh()
  candidates[0]!.load = 0
  expect(next()).toBe(1)
  router.refresh()
  expect(next()).toBe(0)
})

test('of equals each is drawn with the same probability, and a more loaded one never', () => {
  const { next } = routerOf('least-loaded', candidatesOf(1, 2, 1, 1))
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 30_000; i++) counts[next()]!++
  expect(counts[1]).toBe(0)
  // 4 standard deviations of a binomial of 30,000 and 1/3
  for (const i of [0, 2, 3]) {
    expect(Math.abs(counts[i]! - 10_000)).toBeLessThan(4 * Math.sqrt((30_000 * 2) / 9))
  }
})

test('equals take turns, each as often as the others, whichever they are', () => {
  const candidates = candidatesOf(1, 0, 1, 0)
  const { next } = routerOf({ ...inOrder, ties: 'rotating' }, candidates)
  expect([next(), next(), next(), next()]).toEqual([1, 3, 1, 3])
  for (const candidate of candidates) candidate.load = 0
  expect([next(), next(), next(), next()]).toEqual([0, 1, 2, 3])
  candidates[1]!.load = 5
  expect([next(), next(), next()]).toEqual([0, 2, 3])
})

test('with an old view, what was sent since the refresh counts if so configured', () => {
  const candidates = candidatesOf(1, 0, 0)
  const { router, next } = routerOf({ ...inOrder, viewAgeMs: 50, countOwnSends: true }, candidates)
  router.refresh()
  // loads 1, 0, 0 → 1, 1, 0 → 1, 1, 1 → 2, 1, 1
  expect([next(), next(), next(), next()]).toEqual([1, 2, 0, 1])
  router.refresh()
  expect(next()).toBe(1)
})
