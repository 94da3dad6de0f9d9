import { drawDuration, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { FailurePlan } from './failure-plan.ts'
import type { ExecutorEvent } from './failure-schedule.ts'

/** What happens to an executor, in the order of time. */
export type LifecycleEvent =
  | ExecutorEvent
  | {
      readonly at: Ms
      readonly executor: number
      /** it is asked to serve what it has, and to stop */
      readonly kind: 'draining'
    }

/** A rolling deployment under way. */
interface Rollout {
  readonly waiting: number[]
  readonly restarting: Set<number>
  readonly restart: () => Ms
}

/**
 * Which executors run, how fast and how well: failures at the times of their schedule, and rolling
 * deployments, whose times depend on how long executors take to drain.
 */
export class ExecutorLifecycle {
  readonly #down: Uint8Array
  readonly #factor: Float64Array
  readonly #share: Float64Array
  readonly #random: Random
  /** in order of time */
  readonly #events: LifecycleEvent[]
  readonly #rollouts: Rollout[] = []

  constructor(
    plan: FailurePlan,
    schedule: readonly ExecutorEvent[],
    /** for restarts of deployments, and for batches that end with errors */
    random: Random,
  ) {
    const count = plan.failures.length
    this.#down = new Uint8Array(count)
    this.#factor = new Float64Array(count).fill(1)
    this.#share = new Float64Array(count)
    this.#random = random
    this.#events = [...schedule]
    for (const { executors, atMs, atOnce, restartS } of plan.deployments) {
      const restart = () => 1000 * drawDuration(restartS, random)
      const waiting = [...executors]
      const rollout: Rollout = { waiting, restarting: new Set(), restart }
      this.#rollouts.push(rollout)
      for (let left = atOnce; left > 0; left--) this.#drainNext(atMs, rollout)
    }
  }

  /** Time of the next event; Infinity for none. */
  get nextAt(): Ms {
    return this.#events[0]?.at ?? Number.POSITIVE_INFINITY
  }

  isUp(executor: number): boolean {
    return this.#down[executor] === 0
  }

  /** How many times as long a batch takes that begins now. */
  factor(executor: number): number {
    return this.#factor[executor]!
  }

  /** Draws whether a batch that begins now ends with errors. */
  fails(executor: number): boolean {
    const share = this.#share[executor]!
    return share > 0 && this.#random.uniform() < share
  }

  /** Takes the next event. */
  take(): LifecycleEvent {
    const event = this.#events.shift()!
    const { executor, kind } = event
    if (kind === 'crash') this.#down[executor] = 1
    else if (kind === 'up') this.#down[executor] = 0
    else if (kind === 'condition') {
      this.#factor[executor] = event.factor
      this.#share[executor] = event.share
    }
    if (kind === 'up' || kind === 'crash') this.#goOn(event)
    return event
  }

  /** A draining executor has served what it had; returns when it is up again. */
  stopped(now: Ms, executor: number): Ms {
    const rollout = this.#rollouts.find(({ restarting }) => restarting.has(executor))
    if (rollout === undefined) throw new Error(`Expected executor ${executor} to be deployed`)
    this.#down[executor] = 1
    const at = now + rollout.restart()
    this.#push({ at, executor, kind: 'up' })
    return at
  }

  /** A deployment goes on when one of its executors is back, or was lost while it drained. */
  #goOn({ at, executor }: LifecycleEvent): void {
    for (const rollout of this.#rollouts) {
      if (rollout.restarting.delete(executor)) this.#drainNext(at, rollout)
    }
  }

  #drainNext(at: Ms, rollout: Rollout): void {
    const executor = rollout.waiting.shift()
    if (executor === undefined) return
    rollout.restarting.add(executor)
    this.#push({ at, executor, kind: 'draining' })
  }

  #push(event: LifecycleEvent): void {
    const place = this.#events.findIndex(({ at }) => at > event.at)
    this.#events.splice(place < 0 ? this.#events.length : place, 0, event)
  }
}
