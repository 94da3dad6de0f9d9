import type { Evidence, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { Loads } from '../loads.ts'
import type { Rule } from '../rule.ts'

/** Candidates of a router, with the fewest and the most requests that each may have had. */
interface Candidates {
  readonly noun: 'pool' | 'queue'
  /** number of the first one */
  readonly first: number
  readonly executors: readonly number[]
  readonly least: Int32Array
  readonly most: Int32Array
}

export const routing: Rule = {
  rule: 'routing',
  promise: 'requests go to pools and their queues in turn, or to the first of the least loaded',
  check(seen: Evidence, found: Findings) {
    const { promises, rows, queues } = seen
    // with one queue there is nothing to choose
    if (queues.length === 1) return
    const loads = new Loads(seen)
    const pools: Candidates = {
      noun: 'pool',
      first: 0,
      executors: promises.pools.map(({ replicas }) => replicas),
      ...loads.pools,
    }
    const within = promises.pools.map((_, index): Candidates => {
      const own = queues.filter(({ poolIndex }) => poolIndex === index)
      const executors = own.map((queue) => queue.executors)
      return { noun: 'queue', first: own[0]?.number ?? 0, executors, ...loads.queues }
    })
    const turns = promises.pools.map(() => 0)
    for (let key = 0; key < rows.at.length; key++) {
      const queue = queues[rows.queue[key]!]
      if (queue === undefined || Number.isNaN(rows.sent[key]!)) continue
      loads.moveTo(rows.sent[key]!)
      const pool = queue.poolIndex
      // every request takes a turn among the pools, also one whose row is lost
      check(seen, key, { of: pools, chosen: pool, policy: promises.routing, turn: key }, found)
      const turn = turns[pool]!
      turns[pool] = turn + 1
      check(seen, key, { ...choiceIn(within[pool]!, queue), turn }, found)
      loads.came(key)
    }
  },
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
  /** requests routed before this one */
  readonly turn: number
}

function check({ rows }: Evidence, key: number, choice: Choice, found: Findings): void {
  const { of, chosen, policy, turn } = choice
  const count = of.executors.length
  if (count === 1) return
  found.checked++
  const better = policy === 'round-robin' ? of.first + (turn % count) : lessLoaded(of, chosen)
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

/** A candidate that should have been chosen however events of the instant came; or `chosen`. */
function lessLoaded({ first, executors, least, most }: Candidates, chosen: number): number {
  const own = least[chosen]! / executors[chosen - first]!
  for (let i = 0; i < executors.length; i++) {
    const other = first + i
    const load = most[other]! / executors[i]!
    // of equals the first is taken
    if (load < own || (load === own && other < chosen)) return other
  }
  return chosen
}
