import { drawDuration, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { LifecyclePlan, StartPlan } from './failure-plan.ts'
import type { ExecutorEvent } from './failure-schedule.ts'
import { HeatDowns } from './heat-downs.ts'

/** What happens to an executor, in the order of time. */
export type LifecycleEvent =
  | ExecutorEvent
  /** it is asked to serve what it has, and to stop */
  | { readonly at: Ms; readonly executor: number; readonly kind: 'draining' }

/** A deployment takes down its next executor. */
interface Deploy {
  readonly at: Ms
  readonly kind: 'deploy'
  readonly rollout: Rollout
}

/** The starts of the replicas of a pool, some of them from its warm pool. */
class ReplicaStarts {
  readonly executors: ReadonlySet<number>
  readonly #plan: StartPlan
  readonly #random: Random
  /** when each replica of the warm pool is ready */
  readonly #warm: Ms[]

  constructor(plan: StartPlan, random: Random) {
    this.executors = new Set(plan.executors)
    this.#plan = plan
    this.#random = random
    this.#warm = Array.from({ length: plan.warm }, () => 0)
  }

  /** When a replica serves that is asked for now. */
  startedAt(now: Ms): Ms {
    const { startS, warmStartS } = this.#plan
    const started = now + 1000 * drawDuration(startS, this.#random)
    const ready = this.#warm.findIndex((at) => at <= now)
    if (ready < 0) return started
    // the replica that was ordered takes its place in the warm pool
    this.#warm[ready] = started
    return now + 1000 * drawDuration(warmStartS, this.#random)
  }
}

/** A rolling deployment under way. */
interface Rollout {
  readonly waiting: number[]
  /** those that drain or restart, and whether the control plane has let go of them */
  readonly restarting: Map<number, boolean>
  readonly restart: () => Ms
}

/**
 * Which executors run, how fast and how well: failures at the times of their schedule, and rolling
 * deployments, whose times depend on how long executors take to drain.
 */
export class ExecutorLifecycle {
  /** reasons for which each executor is down: a crash, a deployment, or both */
  readonly #down: Uint8Array
  /** 1 for executors that the control plane knows to be gone */
  readonly #knownGone: Uint8Array
  readonly #factor: Float64Array
  readonly #share: Float64Array
  /** when failing batches end, ms after they began; NaN: when they would end otherwise */
  readonly #afterMs: Float64Array
  readonly #random: Random
  /** in order of time */
  readonly #events: (LifecycleEvent | Deploy)[]
  readonly #rollouts: Rollout[] = []
  readonly #starts: readonly ReplicaStarts[]
  readonly #registers: readonly boolean[]
  /** null where no executor can become too warm */
  readonly heat: HeatDowns | null

  /** `random`: for restarts of deployments, and for batches that end with errors. */
  constructor(plan: LifecyclePlan, schedule: readonly ExecutorEvent[], random: Random) {
    const count = plan.failures.length
    this.#down = new Uint8Array(count)
    this.#knownGone = new Uint8Array(count)
    this.#factor = new Float64Array(count).fill(1)
    this.#share = new Float64Array(count)
    this.#afterMs = new Float64Array(count).fill(Number.NaN)
    this.#random = random
    this.#events = [...schedule]
    this.#starts = plan.starts.map((start) => new ReplicaStarts(start, random))
    this.#registers = plan.registers ?? []
    this.heat = plan.heat === undefined ? null : new HeatDowns(plan.heat, plan)
    for (const { executors, initial } of plan.starts) {
      for (const executor of executors.slice(initial)) {
        this.#down[executor] = 1
        this.#knownGone[executor] = 1
      }
    }
    for (const { executors, atMs, atOnce, restartS } of plan.deployments) {
      const restart = () => 1000 * drawDuration(restartS, random)
      const rollout: Rollout = { waiting: [...executors], restarting: new Map(), restart }
      this.#rollouts.push(rollout)
      for (let left = atOnce; left > 0; left--) this.#push({ at: atMs, kind: 'deploy', rollout })
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

  /** How long a batch takes that ends with errors and would take `otherwise`, ms. */
  failingMs(executor: number, otherwise: Ms): Ms {
    const afterMs = this.#afterMs[executor]!
    return Number.isNaN(afterMs) ? otherwise : afterMs
  }

  /** Takes the next event; returns it where the world or the control plane has to act on it. */
  take(): LifecycleEvent | null {
    const event = this.#events.shift()!
    if (event.kind === 'deploy') {
      this.#drainNext(event.at, event.rollout)
      return null
    }
    const { at, executor, kind } = event
    if (kind === 'condition') {
      this.#factor[executor] = event.factor
      this.#share[executor] = event.share
      this.#afterMs[executor] = event.afterMs ?? Number.NaN
      return event
    }
    if (kind === 'crash') this.#down[executor]!++
    else if (kind === 'detected') {
      // one that starts, or was stopped, is gone already
      if (this.#knownGone[executor] === 1) return null
      this.#letGo(executor)
    } else if (kind === 'up') {
      if (event.heat === true) this.heat!.ended(at, executor)
      // another reason may keep it down
      if (--this.#down[executor]! > 0) return null
      if (this.heat !== null) {
        this.#cancel((later) => later.kind === 'detected' && later.heat === true, executor)
      }
      if (this.#knownGone[executor] === 0) {
        if (this.#registers[executor] !== true) return null
        // a process without the model or the KV cache of the last one registers anew
        this.#down[executor]!++
        this.#letGo(executor)
        this.#push(event)
        return { at, executor, kind: 'detected' }
      }
      this.#knownGone[executor] = 0
      this.#goOn(at, executor)
    }
    return event
  }

  /** The accelerators of an executor were too warm and stopped, or have cooled. */
  heatChanged(now: Ms, executor: number, stopped: boolean): void {
    const heatPlan = this.heat!.plans[executor]!
    if (stopped) {
      // too warm again before its restart: it has been down all the time, and is down on
      if (this.#cancel((event) => event.kind === 'up' && event.heat === true, executor)) return
      this.heat!.began(now, executor)
      this.#push({ at: now, executor, kind: 'crash' })
      this.#push({ at: now + heatPlan.detectionMs, executor, kind: 'detected', heat: true })
      return
    }
    const at = now + 1000 * drawDuration(heatPlan.restartS, this.#random)
    this.#push({ at, executor, kind: 'up', heat: true })
  }

  /** Takes back an event of an executor; false where there is none. */
  #cancel(isMeant: (event: LifecycleEvent) => boolean, executor: number): boolean {
    const place = this.#events.findIndex(
      (event) => event.kind !== 'deploy' && event.executor === executor && isMeant(event),
    )
    if (place >= 0) this.#events.splice(place, 1)
    return place >= 0
  }

  /** Starts an executor that was stopped; returns when it is up. */
  launch(now: Ms, executor: number): Ms {
    const starts = this.#startsOf(executor)
    if (starts === undefined) throw new Error(`Expected executor ${executor} to be scaled`)
    const at = starts.startedAt(now)
    this.#push({ at, executor, kind: 'up', launched: true })
    return at
  }

  #startsOf(executor: number): ReplicaStarts | undefined {
    return this.#starts.find(({ executors }) => executors.has(executor))
  }

  /**
   * An executor is given back: one that has served what it had, or that starts and is not needed.
   * Returns when it is up again, in a deployment; Infinity for never.
   */
  stopped(now: Ms, executor: number): Ms {
    const rollout = this.#rollouts.find(({ restarting }) => restarting.get(executor) === false)
    if (rollout === undefined) {
      const isLaunch = (event: LifecycleEvent) => event.kind === 'up' && event.launched === true
      if (!this.#cancel(isLaunch, executor)) this.#down[executor]!++
      this.#knownGone[executor] = 1
      return Number.POSITIVE_INFINITY
    }
    this.#down[executor]!++
    this.#letGo(executor)
    const at = now + rollout.restart()
    this.#push({ at, executor, kind: 'up' })
    return at
  }

  /** The control plane knows that an executor is gone; one that drained is lost. */
  #letGo(executor: number): void {
    this.#knownGone[executor] = 1
    for (const { restarting } of this.#rollouts) {
      if (restarting.has(executor)) restarting.set(executor, true)
    }
  }

  /** A deployment goes on when one of its executors is back. */
  #goOn(at: Ms, executor: number): void {
    for (const rollout of this.#rollouts) {
      if (rollout.restarting.get(executor) !== true) continue
      rollout.restarting.delete(executor)
      this.#drainNext(at, rollout)
    }
  }

  #drainNext(at: Ms, rollout: Rollout): void {
    const executor = rollout.waiting.shift()
    if (executor === undefined) return
    // one that is gone comes back with the new version
    if (this.#knownGone[executor] === 1) {
      this.#drainNext(at, rollout)
      return
    }
    rollout.restarting.set(executor, false)
    this.#push({ at, executor, kind: 'draining' })
  }

  #push(event: LifecycleEvent | Deploy): void {
    const place = this.#events.findIndex(({ at }) => at > event.at)
    this.#events.splice(place < 0 ? this.#events.length : place, 0, event)
  }
}
