import type { Ms } from '../ports.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import type { Router } from './router.ts'
import type { Candidate } from './routing-policy.ts'

/**
 * Refreshes the views of routers at each multiple of their age. The timer is armed while requests
 * are in the system. Of an empty system the next refresh is made up for at the next arrival, since
 * no load has changed between.
 */
export class RouterViews {
  readonly #routers: readonly Router<Candidate>[]
  readonly #ageMs: Ms
  readonly #timers: ArmedTimers
  readonly #timer: number
  #armed = false
  /** when the next refresh is due; Infinity where nothing has changed since the last */
  #due: Ms = Number.POSITIVE_INFINITY

  constructor(routers: readonly Router<Candidate>[], ageMs: Ms, timers: ArmedTimers) {
    this.#routers = routers
    this.#ageMs = ageMs
    this.#timers = timers
    this.#timer = timers.add(this)
  }

  /** A request is about to be routed. */
  arrived(now: Ms): void {
    if (this.#armed) return
    if (now >= this.#due) this.#refresh()
    if (this.#due === Number.POSITIVE_INFINITY) this.#due = this.#after(now)
    this.#armed = true
    this.#timers.wake(this.#timer, this.#due)
  }

  /** The last request has ended. */
  emptied(): void {
    this.#armed = false
    this.#timers.wake(this.#timer, Number.POSITIVE_INFINITY)
  }

  timer(now: Ms): void {
    this.#refresh()
    this.#due = this.#after(now)
    this.#timers.wake(this.#timer, this.#due)
  }

  #refresh(): void {
    for (const router of this.#routers) router.refresh()
    this.#due = Number.POSITIVE_INFINITY
  }

  /** The first multiple of the age after a time. */
  #after(now: Ms): Ms {
    let turn = Math.floor(now / this.#ageMs) + 1
    // a quotient may be rounded down
    while (turn * this.#ageMs <= now) turn++
    return turn * this.#ageMs
  }
}

/** The views of all routers that see loads of earlier instants, by their age. */
export function routerViews(
  routers: readonly Router<Candidate>[],
  timers: ArmedTimers,
): RouterViews[] {
  const ages = new Set(routers.map(({ viewAgeMs }) => viewAgeMs).filter((ms) => ms > 0))
  return [...ages].map(
    (age) =>
      new RouterViews(
        routers.filter(({ viewAgeMs }) => viewAgeMs === age),
        age,
        timers,
      ),
  )
}
