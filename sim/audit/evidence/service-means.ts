import type { Evidence } from './evidence.ts'
import { FAILED } from './raw-rows.ts'

/** Weight of the newest batch. */
const GAIN = 1 / 16

/** Weighted means over ended batches; ms and requests. */
export interface Means {
  readonly batchMs: number
  readonly batchSize: number
}

/** Service times of a pool's batches, as measured by each arrival. */
export class ServiceMeans {
  /**
   * time from dispatch to known end, and size, of successful batches, in the order of their ends
   */
  readonly #ended: readonly {
    readonly done: number
    readonly tookMs: number
    readonly size: number
  }[]
  #next = 0
  #means: Means | null = null

  constructor({ rows, batches, queues }: Evidence, pool: number) {
    const number = (members: readonly number[]) => rows.batch[members[0]!]!
    this.#ended = batches
      .filter(
        ({ queue, members, done }) =>
          queues[queue]?.poolIndex === pool &&
          rows.outcome[members[0]!] !== FAILED &&
          done < Number.POSITIVE_INFINITY,
      )
      .sort((a, b) => a.done - b.done || number(a.members) - number(b.members))
      .map(({ done, dispatched, members }) => ({
        done,
        tookMs: done - dispatched,
        size: members.length,
      }))
  }

  /**
   * Means at an arrival; null before the first batch. A batch that ends at the instant of the
   * arrival may count or not, so there may be several answers. Call in order of arrival.
   */
  at(now: number): readonly (Means | null)[] {
    for (; this.#ended[this.#next] !== undefined; this.#next++) {
      const batch = this.#ended[this.#next]!
      if (batch.done >= now) break
      this.#means = withBatch(this.#means, batch)
    }
    const possible = [this.#means]
    for (let i = this.#next; this.#ended[i]?.done === now; i++) {
      possible.push(withBatch(possible.at(-1)!, this.#ended[i]!))
    }
    return possible
  }
}

function withBatch(means: Means | null, batch: { readonly tookMs: number; readonly size: number }) {
  if (means === null) return { batchMs: batch.tookMs, batchSize: batch.size }
  return {
    batchMs: means.batchMs + GAIN * (batch.tookMs - means.batchMs),
    batchSize: means.batchSize + GAIN * (batch.size - means.batchSize),
  }
}
