import { expect } from 'vitest'
import type { Router, Scenario } from '../scenarios/index.ts'
import { theoryCase, theoryRun } from '../sim/experiment/index.ts'
import { meanWithError } from '../sim/stats/index.ts'
import { mg1MeanWait } from '../sim/theory/index.ts'

/**
 * Router sandwich: the mean wait of a router that sees something of the load lies between random
 * splitting (each server an M/G/1) and one central queue (M/G/c). Four pools of one server each at
 * a load of 0.8; nine of ten requests take 0.5 ms, the others 5.5 ms. All see the same requests.
 */

export const SERVERS = 4
export const RATE = 0.8 * SERVERS
/** in each replication: enough to part two routers, and to compare one with theory */
export const REQUESTS = 24_000
export const PRECISE = 60_000
export const REPLICATIONS = 6

export type Draft = Partial<Router> & { readonly policy: Router['policy'] }
type Traffic = Parameters<typeof theoryCase>[0]['traffic'][number]

const PLAIN: Traffic = {
  rate: RATE,
  input_tokens: { distribution: 'uniform', min: 1, max: 1000 },
}

/** Sessions of so many requests, each of which begins with those before it. */
export const sessionsOf = (turns: number, thinkMs: number): Traffic => ({
  rate: RATE / turns,
  session: {
    turns: { distribution: 'fixed', value: turns },
    think_time_s: { distribution: 'exponential', mean: thinkMs / 1000 },
    carry_context: true,
  },
  input_tokens: { distribution: 'uniform', min: 16, max: 64 },
  output_tokens: { distribution: 'fixed', value: 1 },
})

/** Mean waits by replication. `central`: one pool whose servers share a queue. */
export function waitsOf(
  router: Draft | 'central',
  { traffic = PLAIN, requests = REQUESTS, servers = SERVERS } = {},
): number[] {
  // of a session, several
  const each = RATE / traffic.rate
  const { scenario } = theoryCase({
    model: 'router',
    traffic: [{ ...traffic, rate: (traffic.rate * servers) / SERVERS }],
    requests: requests / each,
    work: { law: 'two-point', ms: 0.5, slow_ms: 5.5, slow_share: 0.1 },
    figures: [],
    ...(router === 'central'
      ? { replicas: servers }
      : { pools: servers, price_usd_per_hour: 1, router: router as Router }),
  })
  const placed = router !== 'central' && router.policy === 'locality' ? apart(scenario) : scenario
  return Array.from({ length: REPLICATIONS }, (_, replication) => {
    const { summary } = theoryRun(placed, replication)
    return summary.classes[0]!.parts.queue.mean
  })
}

/** Each pool at a place of its own, the first one at that of the clients. */
function apart(scenario: Scenario): Scenario {
  const [home, ...others] = scenario.pools.map(({ name }) => `at ${name}`)
  const shared = { loss: 0, retransmit_ms: 200, outages: [] }
  return {
    ...scenario,
    places: [home!, ...others].map((name) => ({ name })),
    networks: others.map((name, i) => ({
      ...shared,
      between: [home!, name],
      latency_ms: { distribution: 'fixed', value: 0.01 * (1 + i) },
    })),
    traffic: scenario.traffic.map((entry) => ({ ...entry, place: home! })),
    pools: scenario.pools.map((pool) => ({ ...pool, place: `at ${pool.name}` })),
  }
}

/** By how many standard errors the second is longer, over pairs of replications. */
export function longerBy(first: readonly number[], second: readonly number[]): number {
  const { mean, standardError } = meanWithError(second.map((wait, i) => wait - first[i]!))
  return mean / standardError
}

/** Whether the mean is that of an M/G/1, of which random splitting makes four. */
export function expectMg1(waits: readonly number[]): void {
  const theory = mg1MeanWait({
    arrivalRate: RATE / SERVERS,
    meanService: 1,
    secondMoment: 0.9 * 0.5 ** 2 + 0.1 * 5.5 ** 2,
  })
  const { mean, standardError } = meanWithError(waits)
  expect(Math.abs(mean - theory) / standardError).toBeLessThan(4)
  expect(standardError / theory).toBeLessThan(0.03)
}
