import { Empirical, type QuantileTable, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

/** Costs measured around a value of the quantity that they depend on, both ms. */
export interface TableAt {
  readonly atMs: Ms
  readonly table: QuantileTable
}

/**
 * Overheads around an executor, as measured samples, ms. The lists rise in `atMs`; the table that
 * is nearest on a logarithmic scale applies.
 */
export interface OverheadTables {
  /** send delay: from a request's scheduled time until it is sent */
  readonly lag: QuantileTable
  readonly timer: QuantileTable
  /**
   * from the end of a batch until the dispatcher sees it, by the time until the dispatcher's next
   * event: shortly before an event it is awake, otherwise it sleeps and must be woken
   */
  readonly completion: readonly TableAt[]
  /**
   * from handing a batch to an idle executor's thread until it begins, by the executor's idle time
   */
  readonly dispatch: readonly TableAt[]
}

/** Overheads at a time, ms, drawn with `random`. */
export interface OverheadModel {
  sendDelay(random: Random, at: Ms): Ms
  timer(random: Random, at: Ms): Ms
  /** `due`: time until the dispatcher's next event, ms */
  completion(random: Random, at: Ms, due: Ms): Ms
  /** `gap`: how long the executor was idle, ms */
  dispatch(random: Random, at: Ms, gap: Ms): Ms
}

/** Upper edges of all classes except the last: geometric means of neighbours, ms. */
export function classEdges(atMs: readonly Ms[]): Ms[] {
  return atMs.slice(1).map((at, i) => Math.sqrt(Math.max(at, 1e-3) * Math.max(atMs[i]!, 1e-3)))
}

/** Index of the class that contains a value, by upper edges. */
export function classOf(edges: ArrayLike<Ms>, value: Ms): number {
  let i = 0
  while (i < edges.length && value > edges[i]!) i++
  return i
}

/** Draws from the table of a class. */
export class Classed {
  readonly #edges: Float64Array
  readonly #tables: readonly Empirical[]

  constructor(tables: readonly TableAt[]) {
    this.#edges = Float64Array.from(classEdges(tables.map(({ atMs }) => atMs)))
    this.#tables = tables.map(({ table }) => new Empirical(table))
  }

  draw(random: Random, value: Ms): Ms {
    return this.#tables[classOf(this.#edges, value)]!.draw(random)
  }
}

/** Overheads that do not change over time, as a profile has them. */
export class Overheads implements OverheadModel {
  readonly #sendDelay: Empirical
  readonly #timer: Empirical
  readonly #completion: Classed
  readonly #dispatch: Classed

  constructor(tables: OverheadTables) {
    this.#sendDelay = new Empirical(tables.lag)
    this.#timer = new Empirical(tables.timer)
    this.#completion = new Classed(tables.completion)
    this.#dispatch = new Classed(tables.dispatch)
  }

  sendDelay(random: Random): Ms {
    return this.#sendDelay.draw(random)
  }

  timer(random: Random): Ms {
    return this.#timer.draw(random)
  }

  completion(random: Random, _at: Ms, due: Ms): Ms {
    return this.#completion.draw(random, due)
  }

  dispatch(random: Random, _at: Ms, gap: Ms): Ms {
    return this.#dispatch.draw(random, gap)
  }
}

/** No overheads at all: ideal hardware. */
export const NO_OVERHEADS: OverheadTables = Object.freeze({
  lag: [0],
  timer: [0],
  completion: [{ atMs: 0, table: [0] }],
  dispatch: [{ atMs: 0, table: [0] }],
})
