import type { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { classOf, type OverheadModel } from './overheads.ts'
import { indexAfter } from './stalls.ts'

/** An overhead, ms, and the time at which it was measured. */
export interface TimedCost {
  readonly at: Ms
  readonly ms: Ms
}

/** A cost is drawn from this number of measured costs nearest in time. */
const NEIGHBOURS = 4

/** Draws from the costs measured around a time; 0 where there are none. */
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
    const next = indexAfter(this.#at, at)
    const width = Math.min(NEIGHBOURS, count)
    const first = Math.min(Math.max(0, next - width / 2), count - width)
    return this.#ms[Math.floor(first) + random.integer(width)]!
  }
}

/** Costs by class, and the upper edges of all classes but the last. */
export interface ClassedCosts {
  readonly edges: readonly Ms[]
  readonly costs: readonly (readonly TimedCost[])[]
}

/** Draws from the costs of a class, or of the nearest class that has some. */
class LocalClasses {
  readonly #edges: readonly Ms[]
  readonly #samples: readonly LocalSample[]

  constructor({ edges, costs }: ClassedCosts) {
    this.#edges = edges
    this.#samples = costs.map((_, i) => {
      const byDistance = [...costs.keys()].sort((a, b) => Math.abs(a - i) - Math.abs(b - i))
      const nearest = byDistance.find((j) => costs[j]!.length > 0)
      return new LocalSample(nearest === undefined ? [] : costs[nearest]!)
    })
  }

  draw(random: Random, at: Ms, value: Ms): Ms {
    return this.#samples[classOf(this.#edges, value)]!.draw(random, at)
  }
}

/**
 * The overheads of one run, as measured around each time. A machine that is slow to wake stays so
 * for a while, and a full queue then pays for it batch after batch.
 */
export class LocalOverheads implements OverheadModel {
  readonly #timer: LocalSample
  readonly #completion: LocalClasses
  readonly #dispatch: LocalClasses

  constructor(costs: {
    readonly timer: readonly TimedCost[]
    readonly completion: ClassedCosts
    readonly dispatch: ClassedCosts
  }) {
    this.#timer = new LocalSample(costs.timer)
    this.#completion = new LocalClasses(costs.completion)
    this.#dispatch = new LocalClasses(costs.dispatch)
  }

  /** 0: a run with local overheads also uses its recorded send times. */
  sendDelay(): Ms {
    return 0
  }

  timer(random: Random, at: Ms): Ms {
    return this.#timer.draw(random, at)
  }

  completion(random: Random, at: Ms, due: Ms): Ms {
    return this.#completion.draw(random, at, due)
  }

  dispatch(random: Random, at: Ms, gap: Ms): Ms {
    return this.#dispatch.draw(random, at, gap)
  }
}
