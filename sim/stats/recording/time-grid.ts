import type { Ms } from '../../serving/index.ts'

/** Shortest unit of a grid, ms: about a nanosecond, far below what any figure shows. */
const SHORTEST_MS = 2 ** -20
/** Sums stay exact up to so many times the time of all executors: a run outlasts its traffic. */
const MARGIN = 64

/**
 * Rounds times to whole units, a power of two. Sums of differences of such times have no rounding
 * error as long as they are below 2^53 units. So parts of a time never add up to more than the
 * whole, not even in the last digit.
 */
export class TimeGrid {
  readonly #shift: number

  /** `executors` whose times are added up over traffic of `durationMs`. */
  constructor(executors: number, durationMs: Ms) {
    const mostMs = MARGIN * executors * durationMs
    let unit = SHORTEST_MS
    while (unit * 2 ** 53 < mostMs) unit *= 2
    // numbers of this size are one unit apart: adding it rounds to units
    this.#shift = 1.5 * 2 ** 52 * unit
  }

  /** The nearest whole unit. Of two times the later one stays no earlier than the other. */
  at(time: Ms): Ms {
    return time + this.#shift - this.#shift
  }
}
