import { Empirical, type QuantileTable, type Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

/** A sample that was measured around a value of what it depends on, ms. */
export interface TableAt {
  readonly atMs: Ms
  readonly table: QuantileTable
}

/**
 * What the path around the executor costs, as measured samples, ms. Each list is rising in `atMs`:
 * the table of the nearest one (in log) holds.
 */
export interface OverheadTables {
  /** lateness of a request's hand-over against its schedule */
  readonly lag: QuantileTable
  readonly timer: QuantileTable
  /**
   * from the end of a batch until the dispatcher has seen it, by how soon that had something else
   * to do: about to, it is awake; else it sleeps and must be woken
   */
  readonly completion: readonly TableAt[]
  /** handing a batch to its executor's thread until it begins, by how long that was idle */
  readonly dispatch: readonly TableAt[]
}

/** What overheads cost at a time, ms; drawn with `random`. */
export interface OverheadModel {
  lag(random: Random, at: Ms): Ms
  timer(random: Random, at: Ms): Ms
  /** `due`: how soon the dispatcher has something else to do */
  completion(random: Random, at: Ms, due: Ms): Ms
  /** `gap`: how long the executor was idle */
  dispatch(random: Random, at: Ms, gap: Ms): Ms
}

/** Upper edges of all classes but the last: geometric means of neighbours. */
export function classEdges(atMs: readonly Ms[]): Ms[] {
  return atMs.slice(1).map((at, i) => Math.sqrt(Math.max(at, 1e-3) * Math.max(atMs[i]!, 1e-3)))
}

/** The class of a value among upper edges. */
export function classOf(edges: ArrayLike<Ms>, value: Ms): number {
  let i = 0
  while (i < edges.length && value > edges[i]!) i++
  return i
}

/** Draws from the table of a class. */
class Classed {
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

/** Overheads that are alike at all times, as a profile states them. */
export class Overheads implements OverheadModel {
  readonly #lag: Empirical
  readonly #timer: Empirical
  readonly #completion: Classed
  readonly #dispatch: Classed

  constructor(tables: OverheadTables) {
    this.#lag = new Empirical(tables.lag)
    this.#timer = new Empirical(tables.timer)
    this.#completion = new Classed(tables.completion)
    this.#dispatch = new Classed(tables.dispatch)
  }

  lag(random: Random): Ms {
    return this.#lag.draw(random)
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
