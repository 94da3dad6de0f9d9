import type { Ms, Timers } from '../ports.ts'

/** What happens when a timer fires. */
export interface Timed {
  timer(now: Ms): void
}

/** Timers by number. Passes on only changes: most decisions leave a timer at the same time. */
export class ArmedTimers {
  readonly #timers: Timers
  /** Infinity where a timer is not armed */
  readonly #armed: Ms[]
  /** timers of stations, which come first */
  readonly #stations: number
  /** of the further timers */
  readonly #timed: Timed[] = []

  constructor(timers: Timers, stations: number) {
    this.#timers = timers
    this.#stations = stations
    this.#armed = Array.from({ length: stations }, () => Number.POSITIVE_INFINITY)
  }

  /** Returns the number of a further timer. */
  add(timed: Timed): number {
    this.#timed.push(timed)
    return this.#armed.push(Number.POSITIVE_INFINITY) - 1
  }

  fired(timer: number): void {
    this.#armed[timer] = Number.POSITIVE_INFINITY
  }

  /** What a timer that is of no station is for. */
  timed(timer: number): Timed {
    return this.#timed[timer - this.#stations]!
  }

  /** Infinity disarms the timer. */
  wake(timer: number, at: Ms): void {
    if (this.#armed[timer] === at) return
    this.#armed[timer] = at
    if (at === Number.POSITIVE_INFINITY) this.#timers.disarm(timer)
    else this.#timers.arm(timer, at)
  }
}
