import { describe, expect, test } from 'vitest'
import type { Router } from '../scenarios/index.ts'
import { Random } from '../sim/kernel/index.ts'
import type { Observer, Requests } from '../sim/serving/index.ts'
import { powerOfTwoTail } from '../sim/theory/index.ts'
import { type Draft, expectMg1, longerBy, PRECISE, waitsOf } from './router-waits.ts'
import { planOf, requestsOf, serve } from './small-system.ts'

const random = waitsOf({ policy: 'random' })
const central = waitsOf('central')

/** Routers within the sandwich, by policy: a new policy must be added here. */
const WITHIN: { readonly [P in Router['policy']]: readonly Omit<Draft, 'policy'>[] } = {
  // it is the upper bound
  random: [],
  'round-robin': [{}],
  weighted: [{ weights: { 'pool-0': 2, 'pool-1': 2, 'pool-2': 2, 'pool-3': 2 } }],
  'least-loaded': [{}, { ties: 'rotating' }, { ties: 'first' }],
  'least-work': [{}],
  p2c: [{}, { choices: 3 }, { view_age_ms: 1 }],
  'peak-ewma': [{}],
  'spill-over': [{ max_load: 1 }],
  'latency-target': [{ target_ms: 20 }],
  locality: [{ max_load: 1 }, { max_load: 4 }],
  'endpoint-picker': [{ view_age_ms: 1 }, { view_age_ms: 1, picker: 'weighted-random' }],
  // they look at prompts, and at loads only to limit what that does: routers-by-prompt.test.ts
  'session-affinity': [],
  'prefix-affinity': [],
  // it looks at lengths only: see below
  'length-threshold': [],
}

const drafts = Object.entries(WITHIN).flatMap(([policy, settings]) =>
  settings.map((options) => ({ policy, ...options }) as Draft),
)

describe('router sandwich', () => {
  test('random splitting has the wait of an M/G/1', () => {
    expectMg1(waitsOf({ policy: 'random' }, { requests: PRECISE }))
  })

  test.each(drafts)(
    '$policy is better than random splitting and worse than one queue: %j',
    (router) => {
      const waits = waitsOf(router)
      expect(longerBy(central, waits)).toBeGreaterThan(4)
      expect(longerBy(waits, random)).toBeGreaterThan(4)
    },
  )

  // it looks at nothing that says how busy a pool is: it is a random splitting
  test('length-threshold is as bad as random splitting where lengths say nothing of the work', () => {
    const halves = { policy: 'length-threshold', threshold_tokens: 500 } as const
    const waits = waitsOf(
      { ...halves, short: 'pool-0', long: 'pool-1' },
      { servers: 2, requests: PRECISE },
    )
    expectMg1(waits)
  })

  // Mitzenmacher 2000, "How useful is old information?": all requests of a period go to one server
  test.each<Draft>([
    { policy: 'least-loaded', ties: 'first', view_age_ms: 20 },
    { policy: 'endpoint-picker', view_age_ms: 20 },
  ])('$policy by loads of 20 ms ago is worse than random splitting', (router) => {
    expect(longerBy(random, waitsOf(router))).toBeGreaterThan(4)
  })

  test('locality is worse than random splitting where the nearest pool takes 20 requests', () => {
    expect(longerBy(random, waitsOf({ policy: 'locality', max_load: 20 }))).toBeGreaterThan(4)
  })

  test('negative control: random splitting is not found better than itself', () => {
    const repeated = waitsOf({ policy: 'random' })
    expect(repeated).toEqual(random)
  })
})

/** Shares of queues with at least k requests, as arrivals see them. */
class Tails implements Observer {
  readonly #loads: Int32Array
  readonly #requests: Requests
  readonly #shares: Float64Array
  #seen = 0
  #arrived = 0

  constructor(requests: Requests, queues: number, most: number) {
    this.#requests = requests
    this.#loads = new Int32Array(queues)
    this.#shares = new Float64Array(most + 1)
  }

  arrived(now: number, request: number): void {
    // the state is the stationary one after the start, and needs no look at every arrival
    if (now > 60 && this.#arrived++ % 50 === 0) {
      this.#seen++
      for (const load of this.#loads) {
        for (let k = 1; k <= Math.min(load, this.#shares.length - 1); k++) this.#shares[k]!++
      }
    }
    this.#loads[this.#requests.queue[request]!]!++
  }

  batch(_now: number, { members }: { readonly members: Int32Array }): void {
    this.#loads[this.#requests.queue[members[0]!]!]!--
  }

  share(k: number): number {
    return this.#shares[k]! / this.#seen / this.#loads.length
  }
}

describe('power of two choices', () => {
  const QUEUES = 500
  const LOAD = 0.9
  const tails = (routing: 'p2c' | 'random') => {
    const random = new Random('mean field')
    let at = 0
    const times = Array.from({ length: 200_000 }, () => {
      at += random.exponential() / (LOAD * QUEUES)
      return at
    })
    let observed = null as Tails | null
    serve(
      {
        plan: planOf([{ replicas: QUEUES, perReplicaQueues: true, routing }]),
        requests: requestsOf(times),
        work: [{ law: 'exponential', mean_ms: 1 }],
      },
      { audited: false, observe: (requests) => (observed = new Tails(requests, QUEUES, 6)) },
    )
    return observed!
  }

  test('the share of queues with at least k requests is λ^(2^k − 1)', () => {
    const observed = tails('p2c')
    for (const k of [1, 2, 3, 4]) {
      const theory = powerOfTwoTail(LOAD, k)
      expect(Math.abs(observed.share(k) / theory - 1)).toBeLessThan(0.05)
    }
    expect(observed.share(6)).toBeLessThan(0.01)
  })

  test('negative control: with random splitting it is λ^k', () => {
    const observed = tails('random')
    expect(Math.abs(observed.share(3) / LOAD ** 3 - 1)).toBeLessThan(0.05)
    expect(observed.share(3)).toBeGreaterThan(1.2 * powerOfTwoTail(LOAD, 3))
  })
})
