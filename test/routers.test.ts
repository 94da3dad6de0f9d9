import { describe, expect, test } from 'vitest'
import type { Router } from '../scenarios/index.ts'
import { theoryCase, theoryRun } from '../sim/experiment/index.ts'
import { Random } from '../sim/kernel/index.ts'
import type { Observer, Requests } from '../sim/serving/index.ts'
import { meanWithError } from '../sim/stats/index.ts'
import { mg1MeanWait, powerOfTwoTail } from '../sim/theory/index.ts'
import { planOf, requestsOf, serve } from './small-system.ts'

/**
 * Router sandwich: the mean wait of a router that sees something of the load lies between random
 * splitting (each server an M/G/1) and one central queue (M/G/c). Four pools of one server each at
 * a load of 0.8; nine of ten requests take 0.5 ms, the others 5.5 ms. All see the same requests.
 */

const SERVERS = 4
const RATE = 0.8 * SERVERS
const REPLICATIONS = 6

type Draft = Partial<Router> & { readonly policy: Router['policy'] }

/** Mean waits by replication. `central`: one pool whose servers share a queue. */
function waitsOf(router: Draft | 'central'): number[] {
  const { scenario } = theoryCase({
    model: 'router',
    traffic: [
      {
        rate: RATE,
        input_tokens: { distribution: 'uniform', min: 1, max: 1000 },
      },
    ],
    requests: 80_000,
    work: { law: 'two-point', ms: 0.5, slow_ms: 5.5, slow_share: 0.1 },
    figures: [],
    ...(router === 'central'
      ? { replicas: SERVERS }
      : { pools: SERVERS, price_usd_per_hour: 1, router: router as Router }),
  })
  return Array.from({ length: REPLICATIONS }, (_, replication) => {
    const { summary } = theoryRun(scenario, replication)
    return summary.classes[0]!.parts.queue.mean
  })
}

/** By how many standard errors the second is longer, over pairs of replications. */
function longerBy(first: readonly number[], second: readonly number[]): number {
  const { mean, standardError } = meanWithError(second.map((wait, i) => wait - first[i]!))
  return mean / standardError
}

const random = waitsOf({ policy: 'random' })
const central = waitsOf('central')

describe('router sandwich', () => {
  test('random splitting has the wait of an M/G/1', () => {
    const theory = mg1MeanWait({
      arrivalRate: RATE / SERVERS,
      meanService: 1,
      secondMoment: 0.9 * 0.5 ** 2 + 0.1 * 5.5 ** 2,
    })
    const { mean, standardError } = meanWithError(random)
    expect(Math.abs(mean - theory) / standardError).toBeLessThan(4)
    expect(standardError / theory).toBeLessThan(0.03)
  })

  test.each<Draft>([
    { policy: 'round-robin' },
    { policy: 'weighted', weights: { 'pool-0': 2, 'pool-1': 2, 'pool-2': 2, 'pool-3': 2 } },
    { policy: 'least-loaded' },
    { policy: 'least-work' },
    { policy: 'p2c' },
    { policy: 'p2c', choices: 3 },
    { policy: 'p2c', view_age_ms: 1 },
    { policy: 'peak-ewma' },
    { policy: 'spill-over', max_load: 1 },
    { policy: 'latency-target', target_ms: 20 },
  ])('$policy is better than random splitting and worse than one queue: %j', (router) => {
    const waits = waitsOf(router)
    expect(longerBy(central, waits)).toBeGreaterThan(4)
    expect(longerBy(waits, random)).toBeGreaterThan(4)
  })

  // it looks at nothing that says how busy a pool is: it is a random splitting
  test('length-threshold is as bad as random splitting where lengths say nothing of the work', () => {
    const halves = { policy: 'length-threshold', threshold_tokens: 500 } as const
    const split = theoryCase({
      model: 'split by length',
      traffic: [{ rate: RATE / 2, input_tokens: { distribution: 'uniform', min: 1, max: 1000 } }],
      requests: 40_000,
      work: { law: 'two-point', ms: 0.5, slow_ms: 5.5, slow_share: 0.1 },
      figures: [],
      pools: 2,
      router: { ...halves, short: 'pool-0', long: 'pool-1' },
    })
    const waits = Array.from({ length: REPLICATIONS }, (_, replication) => {
      const { summary } = theoryRun(split.scenario, replication)
      return summary.classes[0]!.parts.queue.mean
    })
    const { mean, standardError } = meanWithError(waits)
    const theory = meanWithError(random)
    const error = Math.hypot(standardError, theory.standardError)
    expect(Math.abs(mean - theory.mean) / error).toBeLessThan(4)
  })

  // Mitzenmacher 2000, "How useful is old information?": all requests of a period go to one server
  test('least-loaded by loads of 20 ms ago is worse than random splitting', () => {
    const herd = waitsOf({ policy: 'least-loaded', view_age_ms: 20 })
    expect(longerBy(random, herd)).toBeGreaterThan(4)
  })

  test('negative control: random splitting is not found better than itself', () => {
    const other = waitsOf({ policy: 'random' })
    expect(other).toEqual(random)
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
    let seen: Tails | null = null
    serve(
      {
        plan: planOf([{ replicas: QUEUES, perReplicaQueues: true, routing }]),
        requests: requestsOf(times),
        work: [{ law: 'exponential', mean_ms: 1 }],
      },
      { audited: false, observe: (requests) => (seen = new Tails(requests, QUEUES, 6)) },
    )
    return seen as unknown as Tails
  }

  test('the share of queues with at least k requests is λ^(2^k − 1)', () => {
    const seen = tails('p2c')
    for (const k of [1, 2, 3, 4]) {
      const theory = powerOfTwoTail(LOAD, k)
      expect(Math.abs(seen.share(k) / theory - 1)).toBeLessThan(0.05)
    }
    expect(seen.share(6)).toBeLessThan(0.01)
  })

  test('negative control: with random splitting it is λ^k', () => {
    const seen = tails('random')
    expect(Math.abs(seen.share(3) / LOAD ** 3 - 1)).toBeLessThan(0.05)
    expect(seen.share(3)).toBeGreaterThan(1.2 * powerOfTwoTail(LOAD, 3))
  })
})
