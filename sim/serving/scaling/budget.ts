/** What the pools of a fleet share. */
export interface FleetBudget {
  readonly replicas?: number | undefined
  readonly watts?: number | undefined
}

/** The replicas that one pool has, asks for and may not fall below. */
export interface PoolAsk {
  readonly wanted: number
  readonly asked: number
  readonly min: number
  /** watts of one replica */
  readonly replicaW: number
}

/**
 * What each pool gets of the replicas it asks for. A pool keeps what it has, and more replicas are
 * given one at a time in turn, in the order of the pools, while the budget holds. Where even the
 * present replicas are too many, pools lose replicas one at a time, the one that is furthest above
 * its `min` first.
 */
export function allotted(asks: readonly PoolAsk[], budget: FleetBudget): number[] {
  const given = asks.map(({ wanted, asked }) => Math.min(wanted, asked))
  const most = { replicas: Number.POSITIVE_INFINITY, watts: Number.POSITIVE_INFINITY, ...defined() }
  function defined() {
    const { replicas, watts } = budget
    return { ...(replicas !== undefined && { replicas }), ...(watts !== undefined && { watts }) }
  }
  let replicas = given.reduce((sum, count) => sum + count, 0)
  let watts = asks.reduce((sum, { replicaW }, i) => sum + given[i]! * replicaW, 0)
  const change = (pool: number, by: number) => {
    given[pool]! += by
    replicas += by
    watts += by * asks[pool]!.replicaW
  }
  while (replicas > most.replicas || watts > most.watts) {
    const spare = asks.map(({ min }, i) => given[i]! - min)
    const pool = spare.indexOf(Math.max(...spare))
    if (spare[pool]! <= 0) break
    change(pool, -1)
  }
  for (let grew = true; grew; ) {
    grew = false
    for (const [pool, { asked, replicaW }] of asks.entries()) {
      if (given[pool]! >= asked) continue
      if (replicas + 1 > most.replicas || watts + replicaW > most.watts) continue
      change(pool, 1)
      grew = true
    }
  }
  return given
}
