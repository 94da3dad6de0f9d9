import type { Ms } from '../ports.ts'
import { Recent } from './recent.ts'
import type { HpaBehaviour } from './scaling-plan.ts'

export interface Stabilized {
  readonly replicas: number
  /** what held the recommendation back, or nothing */
  readonly held: string
}

const longest = ({ stabilizationS, policies }: HpaBehaviour['scaleUp']): Ms =>
  1000 * Math.max(stabilizationS, ...policies.map(({ periodS }) => periodS))

/**
 * `behavior` of a HorizontalPodAutoscaler: stabilization windows and limits of the rate of change
 * (kubernetes pkg/controller/podautoscaler/horizontal.go: stabilizeRecommendationWithBehaviors and
 * convertDesiredReplicasWithBehaviorRate).
 */
export class BehaviourState {
  readonly #behaviour: HpaBehaviour
  readonly #recommended: Recent
  readonly #added: Recent
  readonly #removed: Recent
  /** the tick before this one, and what it asked for */
  #before: { readonly at: Ms; readonly wanted: number } | null = null

  constructor(behaviour: HpaBehaviour) {
    this.#behaviour = behaviour
    const kept = Math.max(longest(behaviour.scaleUp), longest(behaviour.scaleDown))
    this.#recommended = new Recent(kept)
    this.#added = new Recent(kept)
    this.#removed = new Recent(kept)
  }

  /** Notes what became of the decision before: limits of the pool may have changed it. */
  settle(now: Ms, wanted: number): void {
    // recordInitialRecommendation: what a pool has at first counts as recommended
    if (this.#before === null) this.#recommended.record(now, wanted)
    else {
      const { at, wanted: was } = this.#before
      if (wanted > was) this.#added.record(at, wanted - was)
      else if (wanted < was) this.#removed.record(at, was - wanted)
    }
    this.#before = { at: now, wanted }
  }

  apply(now: Ms, desired: number, wanted: number): Stabilized {
    const stable = this.#stabilized(now, desired, wanted)
    const limit = this.#limit(now, stable, wanted)
    const replicas = stable > wanted ? Math.min(stable, limit) : Math.max(stable, limit)
    if (replicas !== stable) return { replicas, held: `held at ${replicas} by the rate of change` }
    return stable === desired
      ? { replicas, held: '' }
      : { replicas, held: `held at ${replicas} by the stabilization window` }
  }

  #stabilized(now: Ms, desired: number, wanted: number): number {
    const { scaleUp, scaleDown } = this.#behaviour
    const recent = this.#recommended
    const lowest = recent.reduce(now, 1000 * scaleUp.stabilizationS, Math.min, desired)
    const highest = recent.reduce(now, 1000 * scaleDown.stabilizationS, Math.max, desired)
    recent.record(now, desired)
    return Math.min(Math.max(wanted, lowest), highest)
  }

  /** The furthest from the present replicas that the policies of a direction allow. */
  #limit(now: Ms, stable: number, wanted: number): number {
    if (stable === wanted) return wanted
    const grows = stable > wanted
    const { select, policies } = this.#behaviour[grows ? 'scaleUp' : 'scaleDown']
    if (select === 'disabled') return wanted
    const limits = policies.map(({ type, value, periodS }) => {
      const changed = (events: Recent) => events.reduce(now, 1000 * periodS, (a, b) => a + b, 0)
      const start = wanted - changed(this.#added) + changed(this.#removed)
      if (type === 'pods') return grows ? start + value : start - value
      return grows ? Math.ceil(start * (1 + value / 100)) : Math.trunc(start * (1 - value / 100))
    })
    // the largest change is the default
    const highest = (select === 'max') === grows
    const limit = highest ? Math.max(...limits) : Math.min(...limits)
    return grows ? Math.max(limit, wanted) : Math.min(limit, wanted)
  }
}
