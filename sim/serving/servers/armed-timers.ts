import type { Ms, Timers } from '../ports.ts'

/** Timers by number. Passes on only changes: most decisions leave a timer at the same time. */
export class ArmedTimers {
  readonly #timers: Timers
  /** Infinity where a timer is not armed */
  readonly #armed: Ms[]

  constructor(timers: Timers, count: number) {
    this.#timers = timers
    this.#armed = Array.from({ length: count }, () => Number.POSITIVE_INFINITY)
  }

  /** Returns the number of a further timer. */
  add(): number {
    return this.#armed.push(Number.POSITIVE_INFINITY) - 1
  }

  fired(timer: number): void {
    this.#armed[timer] = Number.POSITIVE_INFINITY
  }

  /** Infinity disarms the timer. */
  wake(timer: number, at: Ms): void {
    if (this.#armed[timer] === at) return
    this.#armed[timer] = at
    if (at === Number.POSITIVE_INFINITY) this.#timers.disarm(timer)
    else this.#timers.arm(timer, at)
  }
}
