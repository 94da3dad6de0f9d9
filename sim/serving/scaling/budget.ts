/** What the scaled pools of a fleet share; Infinity for no limit. */
export interface FleetBudget {
  readonly replicas: number
  readonly watts: number
}

/** The replicas that one pool asks for. */
export interface PoolAsk {
  readonly asked: number
  /** that it has whatever the others ask for */
  readonly min: number
  /** of its warm pool, which count all the time */
  readonly warm: number
  /** watts of one replica */
  readonly replicaW: number
  /** 0 is served first; pools of one rank share */
  readonly rank: number
}

/**
 * What each pool gets of the replicas it asks for. Each has its `min` first, or less where it asks
 * for less. Then replicas are given one at a time while they fit: to the pools of the first rank
 * that has not all it asks for, and among these to the one with the smallest share of its ask, so
 * that pools of one rank get shares in proportion. A replica of more watts than are left passes.
 */
export function allotted(asks: readonly PoolAsk[], { replicas, watts }: FleetBudget): number[] {
  const granted = asks.map(({ asked, min }) => Math.min(asked, min))
  const fixed = asks.map(({ warm }, i) => granted[i]! + warm)
  let leftReplicas = replicas - fixed.reduce((sum, count) => sum + count, 0)
  let leftWatts = watts - asks.reduce((sum, { replicaW }, i) => sum + fixed[i]! * replicaW, 0)
  for (;;) {
    let next = -1
    for (const [i, { asked, rank, replicaW }] of asks.entries()) {
      if (granted[i]! >= asked || leftReplicas < 1 || leftWatts < replicaW) continue
      const best = asks[next]
      const sooner =
        best === undefined ||
        rank < best.rank ||
        (rank === best.rank && granted[i]! * best.asked < granted[next]! * asked)
      if (sooner) next = i
    }
    if (next < 0) return granted
    granted[next]!++
    leftReplicas--
    leftWatts -= asks[next]!.replicaW
  }
}
