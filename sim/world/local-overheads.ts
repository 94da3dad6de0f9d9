import type { Random } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'
import type { OverheadModel } from './overheads.ts'

/** What something cost at a time. */
export interface TimedCost {
  readonly at: Ms
  readonly ms: Ms
}

/** The measured costs nearest in time from which one is drawn. */
const NEIGHBOURS = 4

/** Draws from the costs measured around a time; 0 where none were. */
class LocalSample {
  readonly #at: Float64Array
  readonly #ms: Float64Array

  constructor(costs: readonly TimedCost[]) {
    const sorted = [...costs].sort((a, b) => a.at - b.at)
    this.#at = Float64Array.from(sorted, ({ at }) => at)
    this.#ms = Float64Array.from(sorted, ({ ms }) => ms)
  }

  draw(random: Random, at: Ms): Ms {
    const count = this.#at.length
    if (count === 0) return 0
    let low = 0
    let high = count
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#at[middle]! <= at) low = middle + 1
      else high = middle
    }
    const width = Math.min(NEIGHBOURS, count)
    const first = Math.min(Math.max(0, low - width / 2), count - width)
    return this.#ms[Math.floor(first) + random.integer(width)]!
  }
}

/** The costs of a class, or of the nearest class that has any. */
function nearestSample(classes: readonly (readonly TimedCost[])[], i: number) {
  const byDistance = [...classes.keys()].sort((a, b) => Math.abs(a - i) - Math.abs(b - i))
  const nearest = byDistance.find((j) => classes[j]!.length > 0)
  return nearest === undefined ? [] : classes[nearest]!
}

/**
 * The overheads of one run as they were at each time: a machine that is slow to wake is so for a
 * while, and a queue that is full then feels it batch after batch.
 */
export class LocalOverheads implements OverheadModel {
  readonly #timer: LocalSample
  readonly #completion: LocalSample
  readonly #edges: readonly Ms[]
  readonly #dispatch: readonly LocalSample[]

  /** `dispatch[i]` are the costs after idle gaps of up to `edges[i]`, and the last those beyond. */
  constructor(costs: {
    readonly timer: readonly TimedCost[]
    readonly completion: readonly TimedCost[]
    readonly edges: readonly Ms[]
    readonly dispatch: readonly (readonly TimedCost[])[]
  }) {
    this.#timer = new LocalSample(costs.timer)
    this.#completion = new LocalSample(costs.completion)
    this.#edges = costs.edges
    this.#dispatch = costs.dispatch.map((_, i) => new LocalSample(nearestSample(costs.dispatch, i)))
  }

  /** The run's own times of hand-over are used in place of a lag. */
  lag(): Ms {
    return 0
  }

  timer(random: Random, at: Ms): Ms {
    return this.#timer.draw(random, at)
  }

  completion(random: Random, at: Ms): Ms {
    return this.#completion.draw(random, at)
  }

  dispatch(random: Random, at: Ms, gap: Ms): Ms {
    const i = this.#edges.findIndex((edge) => gap <= edge)
    return this.#dispatch[i < 0 ? this.#edges.length : i]!.draw(random, at)
  }
}
