import { describe, expect, test } from 'vitest'
import { candidatesOf, routerOf, type SetCandidate } from '../router.test-helper.ts'
import { peakEwma } from './peak-ewma.ts'

const times = (n: number, next: () => number) => Array.from({ length: n }, () => next())
function predict(candidates: readonly SetCandidate[], ...ms: readonly number[]): void {
  for (const [i, candidate] of candidates.entries()) candidate.responseMs = ms[i]!
}
const countsOf = (chosen: readonly number[], candidates: number) =>
  Array.from({ length: candidates }, (_, i) => chosen.filter((candidate) => candidate === i).length)

describe('random', () => {
  test('takes each candidate equally often, whatever the loads', () => {
    const { next } = routerOf('random', candidatesOf(9, 0, 5, 1))
    for (const count of countsOf(times(40_000, next), 4)) {
      // 4 standard deviations of a binomial of 40,000 and 1/4
      expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt(40_000 * 0.25 * 0.75))
    }
  })

  test('routers of different pools draw independently', () => {
    const [first, second] = [0, 1].map((number) =>
      routerOf('random', candidatesOf(0, 0), { number }),
    )
    const pairs = times(10_000, () => 2 * first!.next() + second!.next())
    for (const count of countsOf(pairs, 4)) {
      expect(Math.abs(count - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75))
    }
  })
})

describe('weighted', () => {
  // nginx, commit 52327e0627f4 ("Upstream: smooth weighted round-robin balancing"): "in case of
  // { 5, 1, 1 } weights this gives the following sequence: a, a, b, a, c, a, a"
  test('spreads weights 5, 1 and 1 as nginx documents it', () => {
    const { next } = routerOf({ policy: 'weighted', weights: [5, 1, 1] }, candidatesOf(0, 0, 0))
    expect(times(14, next)).toEqual([0, 0, 1, 0, 2, 0, 0, 0, 0, 1, 0, 2, 0, 0])
  })

  test('without weights takes candidates in turn', () => {
    const { next } = routerOf({ policy: 'weighted', weights: [] }, candidatesOf(0, 0, 0))
    expect(times(6, next)).toEqual([0, 1, 2, 0, 1, 2])
  })
})

describe('p2c', () => {
  // envoy/api/envoy/extensions/load_balancing_policies/least_request: "the number of random healthy
  // hosts from which the host with the fewest active requests will be chosen. Defaults to 2"
  test('never takes the most loaded of three, and the least loaded most often', () => {
    const { next } = routerOf('p2c', candidatesOf(1, 2, 3))
    const counts = countsOf(times(30_000, next), 3)
    // of the three pairs two contain the least loaded
    expect(counts[2]).toBe(0)
    expect(Math.abs(counts[0]! - 20_000)).toBeLessThan(4 * Math.sqrt((30_000 * 2) / 9))
  })

  test('with as many choices as candidates is least-loaded', () => {
    const candidates = candidatesOf(4, 2, 3)
    const { next } = routerOf({ policy: 'p2c', choices: 3, viewAgeMs: 0 }, candidates)
    expect(new Set(times(50, next))).toEqual(new Set([1]))
  })

  // tower::balance::p2c: of equal loads the first of the sampled pair is taken
  test('of equals takes the first drawn, and so each equally often', () => {
    const { next } = routerOf('p2c', candidatesOf(1, 1, 1))
    for (const count of countsOf(times(30_000, next), 3)) {
      expect(Math.abs(count - 10_000)).toBeLessThan(4 * Math.sqrt((30_000 * 2) / 9))
    }
  })
})

describe('peak-ewma', () => {
  // finagle-core/.../loadbalancer/PeakEwma.scala: w = exp(-td / tau); if rtt > cost then cost = rtt
  // else cost = cost * w + rtt * (1 - w); load = cost * (pending + 1)
  const plan = { policy: 'peak-ewma', choices: 2, decayMs: 10_000, defaultRttMs: 30 } as const

  /** The estimate of a candidate after response times, each `[now, rtt]`. */
  function estimate(...ended: readonly (readonly [number, number])[]): number {
    const state = peakEwma.begin(plan, candidatesOf(0, 0))
    for (const [now, rttMs] of ended) {
      peakEwma.sent!(state, 0)
      peakEwma.ended!(state, 0, now, rttMs)
    }
    return state.costMs[0]!
  }

  // linkerd2-proxy: the default RTT is 30 ms
  test('begins at the default response time, and a peak replaces it at once', () => {
    expect(estimate()).toBe(30)
    expect(estimate([0, 31])).toBe(31)
    expect(estimate([0, 31], [1, 500], [1, 501])).toBe(501)
  })

  test('a shorter response time moves the estimate by 1 − e^(−t/decay)', () => {
    expect(estimate([0, 30], [10_000, 10])).toBeCloseTo(30 / Math.E + 10 * (1 - 1 / Math.E), 9)
    expect(estimate([0, 100], [0, 10])).toBe(100)
  })

  test('an estimate decays towards 0 while nothing is sent', () => {
    const { router, next } = routerOf(plan, candidatesOf(0, 0))
    const slow = next()
    router.ended(0, slow, 1000)
    const fast = next()
    expect(fast).toBe(1 - slow)
    // 1000 / e^5 = 6.7 ms at 50 s; the other had its 20 ms just now
    router.ended(50_000, fast, 20)
    expect(next({ now: 50_000 })).toBe(slow)
  })

  test('the load is the estimate times the requests pending and one', () => {
    const { next } = routerOf(plan, candidatesOf(0, 0))
    // equal estimates: the one with fewer pending is taken, so the two never differ by more than 1
    let ahead = 0
    for (const chosen of times(40, next)) {
      ahead += chosen === 0 ? 1 : -1
      expect(Math.abs(ahead)).toBeLessThanOrEqual(1)
    }
  })

  test('a request that has ended is pending no more', () => {
    const { router, next } = routerOf(plan, candidatesOf(0, 0))
    const first = next()
    router.ended(0, first, 30)
    const second = next()
    router.ended(0, second, 30)
    const pair = [next(), next()]
    expect(new Set(pair)).toEqual(new Set([0, 1]))
  })
})

describe('least-work', () => {
  test('takes the candidate that is predicted to end the request first', () => {
    const candidates = candidatesOf(0, 9, 9)
    const { next } = routerOf('least-work', candidates)
    predict(candidates, 30, 10, 20)
    expect(next()).toBe(1)
  })

  test('takes the least loaded until a request has ended', () => {
    const { next } = routerOf('least-work', candidatesOf(2, 1, 3))
    expect(next()).toBe(1)
  })
})

describe('latency-target', () => {
  const plan = { policy: 'latency-target', targetsMs: [50], prices: [3, 1, 2] } as const

  test('takes the cheapest of those that are predicted to meet the target', () => {
    const candidates = candidatesOf(0, 0, 0)
    const { next } = routerOf(plan, candidates)
    const at = (...ms: number[]) => {
      predict(candidates, ...ms)
      return next()
    }
    expect(at(10, 49, 20)).toBe(1)
    expect(at(10, 50, 20)).toBe(2)
    expect(at(10, 90, 60)).toBe(0)
  })

  test('takes the fastest where none is predicted to meet it', () => {
    const candidates = candidatesOf(0, 0, 0)
    const { next } = routerOf(plan, candidates)
    predict(candidates, 70, 80, 60)
    expect(next()).toBe(2)
  })

  test('takes the cheapest until a request has ended', () => {
    expect(routerOf(plan, candidatesOf(0, 9, 0)).next()).toBe(1)
  })
})

test('length-threshold: the threshold itself is short', () => {
  const plan = { policy: 'length-threshold', thresholdTokens: 100, short: 1, long: 0 } as const
  const { next } = routerOf(plan, candidatesOf(0, 0))
  expect([99, 100, 101].map((tokens) => next({ tokens }))).toEqual([1, 1, 0])
})

describe('spill-over', () => {
  const plan = { policy: 'spill-over', maxLoad: 2, viewAgeMs: 0 } as const
  test.each([
    [[0, 0, 0], 0],
    [[1.9, 0, 0], 0],
    [[2, 0, 0], 1],
    [[2, 2, 1], 2],
    [[3, 2, 4], 1],
  ])('loads %j go to %i', (loads, expected) => {
    expect(routerOf(plan, candidatesOf(...loads)).next()).toBe(expected)
  })
})

describe('session-affinity', () => {
  const prefixOf = (session: number) => Int32Array.of(0, 10 + session, 99)
  const within = { sharedBlocks: [1] }

  test('all requests of a session go to one candidate, and sessions to all', () => {
    const { next } = routerOf('session-affinity', candidatesOf(0, 0, 0, 0), within)
    const chosen = Array.from({ length: 200 }, (_, session) => next({ prefix: prefixOf(session) }))
    const chosenAgain = chosen.map((_, session) => next({ prefix: prefixOf(session), now: 9 }))
    expect(chosenAgain).toEqual(chosen)
    for (const count of countsOf(chosen, 4)) expect(count).toBeGreaterThan(25)
  })

  // Thaler and Ravishankar 1998: only the sessions of a server that goes are moved
  test('a candidate more takes only the sessions that it gets', () => {
    const three = routerOf('session-affinity', candidatesOf(0, 0, 0), within)
    const four = routerOf('session-affinity', candidatesOf(0, 0, 0, 0), within)
    for (let session = 0; session < 300; session++) {
      const prefix = prefixOf(session)
      const [before, after] = [three.next({ prefix }), four.next({ prefix })]
      if (after !== 3) expect(after).toBe(before)
    }
  })

  // Mirrokni, Thorup and Zadimoghaddam 2018: no server has more than ⌈c m / n⌉
  test('with bounded loads a candidate above the bound is passed over', () => {
    const candidates = candidatesOf(0, 0, 0, 0)
    const plan = { policy: 'session-affinity', maxLoadFactor: 1.25, viewAgeMs: 0 } as const
    const { next } = routerOf(plan, candidates, within)
    for (let request = 1; request <= 200; request++) {
      candidates[next({ prefix: prefixOf(0) })]!.load++
      const most = Math.max(...candidates.map(({ load }) => load))
      expect(most).toBeLessThanOrEqual(Math.ceil((1.25 * request) / 4))
    }
  })
})
