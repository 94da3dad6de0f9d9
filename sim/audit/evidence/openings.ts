import type { Candidates } from '../rules/requests/routing-choices.ts'
import type { EjectedSpan } from './ejections.ts'
import type { Evidence, SeenQueue } from './evidence.ts'

const edgesOf = (spans: readonly EjectedSpan[]) => spans.flatMap(({ from, to }) => [from, to])

/** Which pools and queues accept requests at a time, and with how many executors. */
export class Openings {
  /** whether any of them was closed, or lost executors, for some time */
  readonly closing: boolean
  readonly #queues: readonly SeenQueue[]
  readonly #ofPool: readonly (readonly SeenQueue[])[]
  readonly #ejected: Evidence['ejected']
  readonly #edges: ReadonlySet<number>

  constructor({ queues, promises, ejected }: Evidence) {
    this.#queues = queues
    this.#ejected = ejected
    this.#ofPool = promises.pools.map((_, pool) =>
      queues.filter(({ poolIndex }) => poolIndex === pool),
    )
    this.#edges = new Set([
      ...queues.flatMap(({ absences }) => [...absences.times, ...edgesOf(absences.closed)]),
      ...ejected.flatMap(edgesOf),
    ])
    this.closing = this.#edges.size > 0
  }

  /** Whether something opens or closes at an instant, in an order that rows do not show. */
  changesAt(at: number): boolean {
    return this.#edges.has(at)
  }

  ofQueues(of: Candidates, at: number): Candidates {
    if (!this.closing) return of
    const closed = of.numbers.filter(
      (number) =>
        this.#isClosed(this.#queues[number]!, at) ||
        this.#ejected[number]!.some(({ from, to }) => from < at && at < to),
    )
    return { ...of, taken: new Set([...of.taken, ...closed]) }
  }

  ofPools(of: Candidates, at: number): Candidates {
    if (!this.closing) return of
    const closed = of.numbers.filter((pool) =>
      this.#ofPool[pool]!.every((queue) => this.#isClosed(queue, at)),
    )
    const executors = of.numbers.map((pool, i) => {
      const [queue] = this.#ofPool[pool]!
      if (queue === undefined || queue.pool.perReplicaQueues) return of.executors[i]!
      const places = Array.from({ length: queue.executors }, (_, place) => place)
      return Math.max(1, places.filter((place) => !queue.absences.isAbsent(place, at)).length)
    })
    return { ...of, executors, taken: new Set([...of.taken, ...closed]) }
  }

  #isClosed({ absences }: SeenQueue, at: number): boolean {
    return absences.closed.some(({ from, to }) => from < at && at < to)
  }
}
