import { describe, expect, test } from 'vitest'
import { Random } from '../sim/kernel/index.ts'
import type { RoutingPlan } from '../sim/serving/index.ts'
import { worldNames, worlds } from './manual-world.ts'
import { planOf, requestsOf, type SmallSystem } from './small-system.ts'

/** Routing by loads of an earlier instant, against a second simulator of a few lines. */

type Ties = NonNullable<Extract<RoutingPlan, { policy: 'least-loaded' }>['ties']>

const SERVERS = 10
const SERVICE_MS = 100
const AGE_MS = 100

/** Poisson arrivals at 0.8 of what the servers can do. */
function arrivals(count: number, seed: string): number[] {
  const random = new Random(seed)
  let at = 0
  return Array.from({ length: count }, () => {
    at += (random.exponential() * SERVICE_MS) / (0.8 * SERVERS)
    return at
  })
}

/** Latencies where each request takes a server with the least load at the last refresh. */
function naive(at: readonly number[], ties: Ties, ownSends: boolean): number[] {
  const random = new Random('ties of the second simulator')
  const ends = Array.from({ length: SERVERS }, () => [] as number[])
  let view = ends.map(() => 0)
  let interval = 0
  let last = -1
  return at.map((now) => {
    const current = Math.floor(now / AGE_MS)
    if (current > interval) {
      view = ends.map((queue) => queue.filter((end) => end > current * AGE_MS).length)
      interval = current
    }
    const least = Math.min(...view)
    const equals = [...view.keys()].filter((i) => view[i] === least)
    const inTurn = equals.find((i) => i > last) ?? equals[0]!
    const drawn = equals[random.integer(equals.length)]!
    const chosen = { first: equals[0]!, rotating: inTurn, random: drawn }[ties]
    last = chosen
    if (ownSends) view[chosen]!++
    const end = Math.max(ends[chosen]!.at(-1) ?? 0, now) + SERVICE_MS
    ends[chosen] = [...ends[chosen]!.filter((time) => time > now), end]
    return end - now
  })
}

function system(at: readonly number[], ties: Ties, countOwnSends: boolean): SmallSystem {
  const routing = { policy: 'least-loaded', ties, viewAgeMs: AGE_MS, countOwnSends } as const
  return {
    plan: planOf([{ replicas: SERVERS, perReplicaQueues: true, routing }]),
    requests: requestsOf(at),
    work: [{ law: 'constant', ms: SERVICE_MS }],
  }
}

const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length

const latencies = (world: (typeof worldNames)[number], smallSystem: SmallSystem) => {
  const { sent, done } = worlds[world](smallSystem).rows.columns
  return Array.from(sent, (at, key) => done[key]! - at)
}

describe.each([false, true])('loads of 100 ms ago, own sends counted: %s', (ownSends) => {
  test.each(['first', 'rotating'] as const)(
    'of equals %s: each request takes as long as in the second simulator',
    (ties) => {
      const at = arrivals(5000, `ties ${ties}`)
      const expected = naive(at, ties, ownSends)
      const measured = latencies('simulated', system(at, ties, ownSends))
      expect(measured.length).toBe(at.length)
      for (const [key, ms] of measured.entries()) expect(ms).toBeCloseTo(expected[key]!, 6)
    },
  )

  test('of equals a drawn one: the mean is that of the second simulator within 3 %', () => {
    const at = arrivals(40_000, 'drawn')
    const measured = mean(latencies('simulated', system(at, 'random', ownSends)))
    expect(Math.abs(measured / mean(naive(at, 'random', ownSends)) - 1)).toBeLessThan(0.03)
  })

  test('a live run decides as a simulated one', () => {
    for (const ties of ['first', 'rotating', 'random'] as const) {
      const smallSystem = system(arrivals(500, 'live'), ties, ownSends)
      const queues = worldNames
        .filter((world) => world !== 'late live')
        .map((world) => [...worlds[world](smallSystem).rows.columns.queue])
      expect(queues[1]).toEqual(queues[0])
    }
  })
})

test('the first of equals gets all requests of 100 ms, and ties at random halve the mean', () => {
  const at = arrivals(20_000, 'first and random')
  const meanUnder = (ties: Ties, ownSends = false) =>
    mean(latencies('simulated', system(at, ties, ownSends)))
  const [first, random] = [meanUnder('first'), meanUnder('random')]
  expect(first / random).toBeGreaterThan(1.5)
  expect(meanUnder('rotating')).toBeLessThan(random)
  expect(meanUnder('random', true)).toBeLessThan(0.7 * random)
})
