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
        for (const own of candidates) {
          own.load = (request * own.number) % 3
          own.responseMs = (request * own.number) % 5
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
    const [one, same] = [
      routerOf(plan, candidatesOf(...loads)),
      routerOf(plan, candidatesOf(...loads)),
    ]
    for (let i = 0; i < 50; i++) expect(one.next({ now: i })).toBe(same.next({ now: i }))
  })
})

test('round-robin takes one after the other, whatever their load', () => {
  const { next } = routerOf('round-robin', candidatesOf(9, 0, 5))
  expect(Array.from({ length: 7 }, () => next())).toEqual([0, 1, 2, 0, 1, 2, 0])
})

test('least-loaded takes the least loaded, and of equals the first', () => {
  const candidates = candidatesOf(2, 1, 1)
  const { next } = routerOf('least-loaded', candidates)
  expect(next()).toBe(1)
  candidates[1]!.load = 3
  expect(next()).toBe(2)
  candidates[2]!.load = 2
  expect(next()).toBe(0)
})

test('least-loaded sends further parts to the next in order of load', () => {
  const { router, slot, next } = routerOf('least-loaded', candidatesOf(0, 9, 5, 9))
  const parts = [next(), router.routeApart(0, slot).number, router.routeApart(0, slot).number]
  expect(parts).toEqual([0, 2, 1])
})

test('a view that is old has the loads of its last refresh', () => {
  const candidates = candidatesOf(0, 0)
  const { router, next } = routerOf({ policy: 'least-loaded', viewAgeMs: 50 }, candidates)
  candidates[0]!.load = 3
  expect(next()).toBe(0)
  router.refresh()
  candidates[0]!.load = 0
  expect(next()).toBe(1)
  router.refresh()
  expect(next()).toBe(0)
})
