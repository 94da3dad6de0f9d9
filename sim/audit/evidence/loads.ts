import { type Arrival, arrivals, type Evidence } from './evidence.ts'
import { SHED } from './raw-rows.ts'

/** Visits all arrivals, with the numbers of requests just before each. */
export function eachArrival(
  evidence: Evidence,
  visit: (arrival: Arrival, loads: Loads) => void,
  loads = new Loads(evidence),
): void {
  for (const arrival of arrivals(evidence)) {
    loads.moveTo(arrival.sent)
    visit(arrival, loads)
    loads.came(arrival.key)
  }
}

/**
 * Numbers of requests in each queue and each pool, waiting or running, at each arrival. Requests
 * that end at the instant of an arrival may have ended before or after it, so there are two counts.
 */
export class Loads {
  readonly #evidence: Evidence
  /** keys of the requests that leave the system, in order of time */
  readonly #leaving: readonly number[]
  readonly queues: Counts
  readonly pools: Counts
  #next = 0
  #now = Number.NEGATIVE_INFINITY

  constructor(evidence: Evidence) {
    const { gone, queues, promises } = evidence
    this.#evidence = evidence
    this.#leaving = queues
      .flatMap(({ joined }) => joined.filter((key) => gone[key]! < Number.POSITIVE_INFINITY))
      .sort((a, b) => gone[a]! - gone[b]!)
    this.queues = counts(queues.length)
    this.pools = counts(promises.pools.length)
  }

  /** Advances to the arrival of a request; call in order of arrival. */
  moveTo(at: number): void {
    if (!(at > this.#now)) return
    this.#now = at
    const { gone, rows } = this.#evidence
    this.queues.most.set(this.queues.least)
    this.pools.most.set(this.pools.least)
    for (; this.#next < this.#leaving.length; this.#next++) {
      const key = this.#leaving[this.#next]!
      if (gone[key]! > at) return
      // a request that arrives now is not counted yet; one that left at its arrival is counted no
      // more
      if (!(rows.sent[key]! < at) || gone[key]! <= rows.sent[key]!) continue
      this.#change(key, 'least', -1)
      if (gone[key]! < at) this.#change(key, 'most', -1)
    }
  }

  /** Counts an arrived request in its queue. */
  came(key: number): void {
    const { gone, rows } = this.#evidence
    if (rows.batch[key]! < 0 && rows.outcome[key] === SHED) return
    this.#change(key, 'most', 1)
    if (gone[key]! > this.#now) this.#change(key, 'least', 1)
  }

  #change(key: number, count: keyof Counts, by: number): void {
    const { number, poolIndex } = this.#evidence.queues[this.#evidence.rows.queue[key]!]!
    this.queues[count][number] = this.queues[count][number]! + by
    this.pools[count][poolIndex] = this.pools[count][poolIndex]! + by
  }
}

export interface Counts {
  readonly least: Int32Array
  readonly most: Int32Array
}

const counts = (length: number): Counts => ({
  least: new Int32Array(length),
  most: new Int32Array(length),
})
