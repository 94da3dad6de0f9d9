import type { Random } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'
import { Empirical, type QuantileTable } from './empirical.ts'

/**
 * What the path around the executor costs, as measured samples, ms. Dispatch (handing a batch to
 * its executor's thread until it begins) depends on how long the executor slept.
 */
export interface OverheadTables {
  /** lateness of a request's hand-over against its schedule */
  readonly lag: QuantileTable
  readonly timer: QuantileTable
  readonly completion: QuantileTable
  /** by idle gap, rising `gapMs`: the table of the nearest gap (in log) holds */
  readonly dispatch: readonly { readonly gapMs: Ms; readonly table: QuantileTable }[]
}

/** What overheads cost at a time, ms; drawn with `random`. */
export interface OverheadModel {
  lag(random: Random, at: Ms): Ms
  timer(random: Random, at: Ms): Ms
  completion(random: Random, at: Ms): Ms
  /** `gap`: how long the executor was idle */
  dispatch(random: Random, at: Ms, gap: Ms): Ms
}

/** Overheads that are alike at all times, as a profile states them. */
export class Overheads implements OverheadModel {
  readonly #lag: Empirical
  readonly #timer: Empirical
  readonly #completion: Empirical
  readonly #gaps: Float64Array
  readonly #dispatch: readonly Empirical[]

  constructor(tables: OverheadTables) {
    this.#lag = new Empirical(tables.lag)
    this.#timer = new Empirical(tables.timer)
    this.#completion = new Empirical(tables.completion)
    this.#dispatch = tables.dispatch.map(({ table }) => new Empirical(table))
    // upper edges of the gap classes: geometric means of neighbouring gaps
    this.#gaps = Float64Array.from(tables.dispatch.slice(1), ({ gapMs }, i) =>
      Math.sqrt(Math.max(gapMs, 1e-3) * Math.max(tables.dispatch[i]!.gapMs, 1e-3)),
    )
  }

  lag(random: Random): Ms {
    return this.#lag.draw(random)
  }

  timer(random: Random): Ms {
    return this.#timer.draw(random)
  }

  completion(random: Random): Ms {
    return this.#completion.draw(random)
  }

  dispatch(random: Random, _at: Ms, gap: Ms): Ms {
    let i = 0
    while (i < this.#gaps.length && gap > this.#gaps[i]!) i++
    return this.#dispatch[i]!.draw(random)
  }
}

/** No overheads at all: ideal hardware. */
export const NO_OVERHEADS: OverheadTables = Object.freeze({
  lag: [0],
  timer: [0],
  completion: [0],
  dispatch: [{ gapMs: 0, table: [0] }],
})
