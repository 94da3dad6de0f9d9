import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'
import { Loads } from '../../evidence/loads.ts'
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
    const { promises, rows, queues, requests } = seen
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
    for (let key = 0; key < rows.at.length; key++) {
      const queue = queues[rows.queue[key]!]
      if (queue === undefined || Number.isNaN(rows.sent[key]!)) continue
      loads.moveTo(rows.sent[key]!)
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
      const choice = { ...choiceIn(candidates, queue), turn }
      if (known || choice.policy === 'round-robin') check(seen, key, choice, found)
      candidates.taken.add(queue.number)
      loads.came(key)
    }
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

const choiceIn = (of: Candidates, { number, pool }: SeenQueue) => ({
  of,
  chosen: number,
  policy: pool.routing,
})

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
  found.checked++
  const better = policy === 'round-robin' ? of.numbers[turn % count]! : lessLoaded(of, chosen)
  if (better === chosen) return
  found.violated([key], () => {
    const came = `came to ${of.noun} ${chosen} at ${ms(rows.sent[key]!)}`
    if (policy === 'round-robin') return `${came}; it was the turn of ${of.noun} ${better}`
    return (
      `${came}, with ${of.least[chosen]} or more requests; ${of.noun} ${better} had ` +
      `${of.most[better]} or fewer`
    )
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
