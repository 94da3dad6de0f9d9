import type { Ms } from '../ports.ts'
import { allotted, type FleetBudget } from './budget.ts'
import { replicasText, type ScalingDecision } from './scaling-policy.ts'

/** The budget of a fleet, and the pools that share it. */
export interface BudgetPlan extends FleetBudget {
  /** by pool; null where the pool is not scaled */
  readonly pools: readonly (BudgetedPool | null)[]
}

export interface BudgetedPool {
  readonly min: number
  readonly warm: number
  readonly replicaW: number
  readonly rank: number
}

/** A scaler whose replicas count towards the budget. */
export interface Sharer {
  readonly pool: number
  readonly name: string
  /** replicas that are granted at present */
  readonly wanted: number
  /** replicas that start, serve or finish what they have */
  readonly occupied: number
  grant(now: Ms, replicas: number, reason: string, isCut: boolean): void
  cut(now: Ms, replicas: number): void
  /** gives up replicas beyond those that are granted */
  shrink(now: Ms): void
  /** starts replicas up to those that are granted, while they fit */
  grow(now: Ms): void
}

/**
 * Grants the replicas that the scalers of several pools ask for within a common budget. Each
 * decision of a scaler shares the budget anew. A replica starts when it fits beside those that
 * still finish what they have, so that the budget holds at every instant.
 */
export class SharedBudget {
  readonly #plan: BudgetPlan
  /** in the order in which replicas start */
  readonly #sharers: Sharer[] = []
  /** by pool */
  readonly #asked: number[] = []

  constructor(plan: BudgetPlan) {
    this.#plan = plan
  }

  join(sharer: Sharer): void {
    this.#sharers.push(sharer)
    this.#sharers.sort((a, b) => this.#poolOf(a).rank - this.#poolOf(b).rank || a.pool - b.pool)
    this.#asked[sharer.pool] = sharer.wanted
  }

  /** The scaler of a pool has decided. */
  ask(now: Ms, asking: Sharer, { replicas, reason }: ScalingDecision): void {
    this.#asked[asking.pool] = replicas
    const sharers = this.#sharers
    const asks = sharers.map((sharer) => ({
      ...this.#poolOf(sharer),
      asked: this.#asked[sharer.pool]!,
    }))
    const grants = allotted(asks, this.#plan)
    for (const [i, sharer] of sharers.entries()) {
      const [granted, cut] = [grants[i]!, asks[i]!.asked - grants[i]!]
      const share = `${granted} of ${replicasText(asks[i]!.asked)}`
      if (sharer === asking) {
        const text = cut > 0 ? `${reason}; cut to ${share} by the budget` : reason
        sharer.grant(now, granted, text, cut > 0)
      } else if (granted !== sharer.wanted) {
        sharer.grant(
          now,
          granted,
          `granted ${share}, as ${asking.name} asks for ${replicas}`,
          cut > 0,
        )
      }
      sharer.cut(now, cut)
    }
    for (const sharer of sharers) sharer.shrink(now)
    this.freed(now)
  }

  /** Replicas may have stopped, whose place others take. */
  freed(now: Ms): void {
    for (const sharer of this.#sharers) sharer.grow(now)
  }

  /** Whether one more replica of a pool fits. */
  fits(sharer: Sharer): boolean {
    const { replicas, watts } = this.#plan
    let [count, power] = [1, this.#poolOf(sharer).replicaW]
    for (const occupant of this.#sharers) {
      const { warm, replicaW } = this.#poolOf(occupant)
      count += occupant.occupied + warm
      power += (occupant.occupied + warm) * replicaW
    }
    return count <= replicas && power <= watts
  }

  #poolOf({ pool }: Sharer): BudgetedPool {
    return this.#plan.pools[pool]!
  }
}
