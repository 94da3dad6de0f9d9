import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { eachInstant, type Instant } from '../../evidence/instants.ts'
import { delaysTimedOut } from '../../evidence/waiting-time.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'

/** Pairs are compared among this many tenants with the most requests. */
const MOST_TENANTS = 16

export const fairness: Rule = {
  rule: 'fairness',
  promise: 'tenants with waiting requests are served by weight, up to a bounded difference',
  check(evidence, findings) {
    for (const queue of evidence.queues) {
      // requests past their timeout are served outside of the shares
      if (turnLength(queue) === null || delaysTimedOut(queue, evidence.promises)) continue
      checkQueue(evidence, queue, findings)
    }
  },
}

/**
 * How far the served lengths of two tenants, divided by their weights, may differ beyond a longest
 * request of each. Nothing where the least served tenant is always next (Sheng et al. 2024, lemma
 * 4.3). Two quanta for deficit round-robin (Shreedhar and Varghese 1996, theorem 2, and one more
 * because an interval may begin within a turn). Null for other disciplines.
 */
function turnLength({ pool: { order } }: SeenQueue): number | null {
  if (order.discipline === 'virtual-token-counter') return 0
  return order.discipline === 'deficit-round-robin' ? 2 * order.quantum : null
}

interface Tenant {
  readonly name: string
  readonly weight: number
  readonly requests: number
  /** length of its longest request over its weight */
  readonly longest: number
  waiting: number
  /** of the requests that waited before an instant, the number still waiting after it */
  stayed: number
  /** length served at an instant, over its weight */
  served: number
}

/** Difference of the service of two tenants since both began to wait, and its extremes. */
interface Pair {
  readonly a: Tenant
  readonly b: Tenant
  readonly bound: number
  since: number
  apart: number
  least: number
  most: number
}

function checkQueue(evidence: Evidence, queue: SeenQueue, findings: Findings): void {
  const { rows, classOf } = evidence
  const tenants = tenantsOf(evidence, queue)
  const tenantOf = (key: number) => tenants.get(classOf(key).tenant)
  const pairs = pairsOf([...tenants.values()], turnLength(queue)!)
  eachInstant(evidence, queue, (instant) => {
    const { joined, timedOut, batches } = instant
    for (const tenant of tenants.values()) {
      tenant.served = 0
      tenant.stayed = tenant.waiting
    }
    const leave = (key: number) => {
      const tenant = tenantOf(key)
      if (tenant === undefined) return
      tenant.stayed--
      tenant.waiting--
    }
    for (let i = joined.from; i < joined.to; i++) {
      const tenant = tenantOf(queue.joined[i]!)
      if (tenant !== undefined) tenant.waiting++
    }
    for (let i = timedOut.from; i < timedOut.to; i++) leave(queue.timedOut[i]!)
    for (let i = batches.from; i < batches.to; i++) {
      for (const key of queue.batches[i]!.members) {
        leave(key)
        const tenant = tenantOf(key)
        if (tenant !== undefined) tenant.served += rows.inputTokens[key]! / tenant.weight
      }
    }
    for (const pair of pairs) checkPair(queue, pair, instant, findings)
  })
}

function checkPair(
  queue: SeenQueue,
  pair: Pair,
  { at, batches }: Instant,
  findings: Findings,
): void {
  const { a, b } = pair
  if (a.stayed <= 0 || b.stayed <= 0) {
    // the comparison restarts when one of them has no waiting request
    pair.since = a.waiting > 0 && b.waiting > 0 ? at : Number.NaN
    pair.apart = 0
    pair.least = 0
    pair.most = 0
    return
  }
  if (Number.isNaN(pair.since) || (a.served === 0 && b.served === 0)) return
  pair.apart += a.served - b.served
  pair.least = Math.min(pair.least, pair.apart)
  pair.most = Math.max(pair.most, pair.apart)
  const apart = pair.most - pair.least
  const keys = () => queue.batches.slice(batches.from, batches.to).flatMap(({ members }) => members)
  // sums of quotients are rounded
  findings.check(apart <= pair.bound * (1 + 1e-9), keys, () => {
    const both = `${a.name} and ${b.name} both waited in queue ${queue.number}`
    const lengths = `${apart.toFixed(1)}, at most ${pair.bound.toFixed(1)} allowed`
    return `${both} from ${ms(pair.since)} to ${ms(at)}; served lengths by weight differ by ${lengths}`
  })
}

function tenantsOf(evidence: Evidence, { joined }: SeenQueue): Map<string, Tenant> {
  const all = new Map<string, Tenant>()
  for (const key of joined) {
    const { tenant: name, weight } = evidence.classOf(key)
    const tenant = all.get(name)
    const length = evidence.requests.inputTokens[evidence.expected.sending[key]!]!
    const longest = Math.max(tenant?.longest ?? 0, length / weight)
    const requests = (tenant?.requests ?? 0) + 1
    all.set(name, { name, weight, requests, longest, waiting: 0, stayed: 0, served: 0 })
  }
  const most = [...all.values()].sort((a, b) => b.requests - a.requests).slice(0, MOST_TENANTS)
  return new Map(most.map((tenant) => [tenant.name, tenant]))
}

function pairsOf(tenants: readonly Tenant[], turns: number): Pair[] {
  return tenants.flatMap((a, i) =>
    tenants.slice(i + 1).map((b) => ({
      a,
      b,
      bound: turns + a.longest + b.longest,
      since: Number.NaN,
      apart: 0,
      least: 0,
      most: 0,
    })),
  )
}
