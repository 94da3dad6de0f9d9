import { describe, expect, test } from 'vitest'
import { Router, routingPolicies } from './routing.ts'

const of = (...loads: number[]) => loads.map((load, id) => ({ id, load }))

describe('routers', () => {
  test('round-robin takes one after the other, whatever their load', () => {
    const router = new Router('round-robin', of(9, 0, 5))
    expect(Array.from({ length: 7 }, () => router.route().id)).toEqual([0, 1, 2, 0, 1, 2, 0])
  })

  test('least-loaded takes the least loaded, and of equals the first', () => {
    const candidates = of(2, 1, 1)
    const router = new Router('least-loaded', candidates)
    expect(router.route().id).toBe(1)
    candidates[1]!.load = 3
    expect(router.route().id).toBe(2)
    candidates[2]!.load = 2
    expect(router.route().id).toBe(0)
  })

  test.each(Object.values(routingPolicies))(
    '$kind gives each candidate one of as many parts, whatever the loads',
    ({ kind }) => {
      for (let count = 1; count <= 5; count++) {
        const candidates = of(...Array.from({ length: count }, () => 0))
        const router = new Router(kind, candidates)
        for (let request = 0; request < 20; request++) {
          for (const own of candidates) own.load = (request * own.id) % 3
          const chosen = candidates.map((_, part) =>
            part === 0 ? router.route() : router.routeApart(),
          )
          expect(new Set(chosen)).toEqual(new Set(candidates))
        }
      }
    },
  )

  test.each(Object.values(routingPolicies))(
    '$kind sends further parts elsewhere, each to one that has none',
    ({ kind }) => {
      const router = new Router(kind, of(0, 9, 5, 9))
      for (let request = 0; request < 10; request++) {
        const parts = [router.route(), router.routeApart(), router.routeApart()]
        expect(new Set(parts).size).toBe(3)
        if (kind === 'least-loaded') expect(parts.map(({ id }) => id)).toEqual([0, 2, 1])
      }
    },
  )

  test.each(Object.values(routingPolicies))(
    '$kind has no choice where there is one',
    ({ kind }) => {
      const router = new Router(kind, of(7))
      expect([router.route().id, router.route().id]).toEqual([0, 0])
    },
  )
})
