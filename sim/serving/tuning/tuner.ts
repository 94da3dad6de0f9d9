import { type Batch, type Ms, type Observer, OUTCOME, REFUSAL, STATUS } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import type { Controller } from './control.ts'
import { controllerOf } from './controller.ts'
import { LatencyWindow } from './latency-window.ts'
import type { TuningPlan } from './tuning-plan.ts'

/** What a tuner works with. */
export interface TunerWorld {
  readonly requests: Requests
  readonly observer: Observer
  readonly timers: ArmedTimers
  /** its number among the tuners */
  readonly number: number
  /** Sets the value from now on. */
  readonly apply: (now: Ms, value: number) => void
}

/**
 * Changes a setting at each multiple of a time by the latencies of the requests that ended since
 * the last one. Its timer is armed while requests are in the system. Of an empty system the
 * decision is made up for at the next arrival.
 */
export class Tuner implements Observer {
  value: number
  readonly #plan: TuningPlan
  readonly #controller: Controller
  readonly #window: LatencyWindow
  readonly #world: TunerWorld
  readonly #timer: number
  #armed = false
  #due: Ms

  constructor(plan: TuningPlan, world: TunerWorld) {
    this.#plan = plan
    this.#controller = controllerOf(plan)
    this.#window = new LatencyWindow(plan.targetMs)
    this.#world = world
    this.#timer = world.timers.add(this)
    this.#due = plan.everyMs
    this.value = plan.start
  }

  batch(now: Ms, { members, size, status }: Batch): void {
    const { at } = this.#world.requests
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (!this.#concerns(request)) continue
      if (status === STATUS.ok) this.#window.add(now - at[request]!)
      else this.#window.ended++
    }
  }

  lost(_now: Ms, request: number): void {
    if (!this.#concerns(request)) return
    const { outcome, refusal } = this.#world.requests
    const isTuned = this.#plan.setting === 'concurrency'
    if (isTuned && refusal[request] === REFUSAL.concurrency) this.#window.refused++
    if (outcome[request] === OUTCOME.shed) this.#window.ended++
    else this.#window.add(Number.POSITIVE_INFINITY)
  }

  /** A request is about to be routed. */
  arrived(now: Ms): void {
    if (this.#armed) return
    if (now >= this.#due) this.#decide(now)
    this.#armed = true
    this.#world.timers.wake(this.#timer, this.#due)
  }

  /** The last request has ended. */
  emptied(): void {
    this.#armed = false
    this.#world.timers.wake(this.#timer, Number.POSITIVE_INFINITY)
  }

  timer(now: Ms): void {
    this.#decide(now)
    this.#world.timers.wake(this.#timer, this.#due)
  }

  #concerns(request: number): boolean {
    const { pool } = this.#plan
    return pool < 0 || this.#world.requests.pool[request] === pool
  }

  #decide(now: Ms): void {
    const { everyMs, whole } = this.#plan
    while (this.#due <= now) this.#due += everyMs
    const decision = this.#controller.decide(this.#window)
    this.#window.clear()
    if (decision === null) return
    const from = this.value
    const to = whole ? Math.round(decision.value) : decision.value
    if (to === from) return
    this.value = to
    this.#world.apply(now, to)
    const { measured, reason } = decision
    this.#world.observer.tuned?.(now, { tuner: this.#world.number, from, to, measured, reason })
  }
}
