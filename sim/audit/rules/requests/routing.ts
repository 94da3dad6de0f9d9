import type { Arrival, Evidence } from '../../evidence/evidence.ts'
import { eachArrival, Loads } from '../../evidence/loads.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
import { poolsOfClasses } from '../../promises/promises.ts'

/** Candidates of a router, with bounds of the number of requests in each. */
interface Candidates {
  readonly noun: 'pool' | 'queue'
  /** numbers of the pools or queues, rising */
  readonly numbers: readonly number[]
  /** number of executors of each candidate */
  readonly executors: readonly number[]
  /** candidates that already have a part of the arriving request */
  readonly taken: Set<number>
  readonly least: Int32Array
  readonly most: Int32Array
}

export const routing: Rule = {
  rule: 'routing',
  promise: 'requests are routed round-robin, or to the first of the least loaded pools and queues',
  check(seen, found) {
    const { promises, queues, requests } = seen
    // a single queue leaves no choice
    if (queues.length === 1) return
    const loads = new Loads(seen)
    const among = poolsOfClasses(promises).map((numbers): Candidates => {
      const executors = numbers.map((pool) => promises.pools[pool]!.replicas)
      return { noun: 'pool', numbers, executors, taken: new Set(), ...loads.pools }
    })
    const rounds = roundsAmong(among, requests.class)
    const within = promises.pools.map((_, index): Candidates => {
      const candidates = queues.filter(({ poolIndex }) => poolIndex === index)
      const executors = candidates.map((queue) => queue.executors)
      const numbers = candidates.map(({ number }) => number)
      return { noun: 'queue', numbers, executors, taken: new Set(), ...loads.queues }
    })
    const turns = promises.pools.map(() => 0)
    // rows do not show when requests moved to a decode pool
    const known = promises.pools.every(({ generation }) => !generation?.handOver)
    const visit = ({ key, queue }: Arrival) => {
      const pool = queue.poolIndex
      const { sending, part } = seen.expected
      const candidates = within[pool]!
      if (!(part[key]! > 0)) {
        candidates.taken.clear()
        // every request advances the round-robin of its class's pools, even if its row is lost
        const number = sending[key] ?? key
        const of = among[requests.class[number]!]
        if (of?.numbers.includes(pool) && (known || promises.routing === 'round-robin')) {
          const choice = { of, chosen: pool, policy: promises.routing, turn: rounds[number]! }
          check(seen, key, choice, found)
        }
      }
      const turn = turns[pool]!
      turns[pool] = turn + 1
      const policy = queue.pool.routing
      if (known || policy === 'round-robin') {
        check(seen, key, { of: candidates, chosen: queue.number, policy, turn }, found)
      }
      candidates.taken.add(queue.number)
    }
    eachArrival(seen, visit, loads)
  },
}

/** Number of earlier requests with the same candidate pools, for each request. */
function roundsAmong(among: readonly Candidates[], classes: Uint8Array): number[] {
  const names = among.map(({ numbers }) => numbers.join())
  const came = new Map<string, number>()
  return Array.from(classes, (classIndex) => {
    const name = names[classIndex] ?? ''
    const turn = came.get(name) ?? 0
    came.set(name, turn + 1)
    return turn
  })
}

interface Choice {
  readonly of: Candidates
  readonly chosen: number
  readonly policy: 'round-robin' | 'least-loaded'
  /** number of requests routed before this one */
  readonly turn: number
}

function check({ rows }: Evidence, key: number, choice: Choice, found: Findings): void {
  const { of, chosen, policy, turn } = choice
  const count = of.numbers.length
  if (count === 1) return
  const better = policy === 'round-robin' ? of.numbers[turn % count]! : lessLoaded(of, chosen)
  found.check(better === chosen, [key], () => {
    const routed = `routed to ${of.noun} ${chosen} at ${ms(rows.sent[key]!)}`
    if (policy === 'round-robin') return `${routed}; expected ${of.noun} ${better}`
    const loads = `at least ${of.least[chosen]} requests, ${of.noun} ${better} at most ${of.most[better]}`
    return `${routed}, which had ${loads}`
  })
}

/**
 * A candidate that should have been chosen for any order of events at the instant; otherwise
 * `chosen`.
 */
function lessLoaded(of: Candidates, chosen: number): number {
  const { numbers, executors, taken, least, most } = of
  const chosenLoad = least[chosen]! / executors[numbers.indexOf(chosen)]!
  for (let i = 0; i < executors.length; i++) {
    const candidate = numbers[i]!
    if (taken.has(candidate)) continue
    const load = most[candidate]! / executors[i]!
    // of equally loaded candidates the first is chosen
    if (load < chosenLoad || (load === chosenLoad && candidate < chosen)) return candidate
  }
  return chosen
}
