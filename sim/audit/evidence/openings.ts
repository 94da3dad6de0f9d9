import type { Candidates } from '../rules/requests/routing-choices.ts'
import type { EjectedSpan } from './ejections.ts'
import type { Evidence, SeenQueue } from './evidence.ts'

const edgesOf = (spans: readonly EjectedSpan[]) => spans.flatMap(({ from, to }) => [from, to])

/** Which of some candidates are closed, and the executors of all, between two edges. */
interface Closing {
  readonly between: number
  readonly closed: readonly number[]
  readonly executors: readonly number[]
  /** of the candidates, those without an executor that takes batches */
  readonly without: readonly number[]
}

/** Which pools and queues accept requests at a time, and with how many executors. */
export class Openings {
  /** whether any of them was closed, or lost executors, for some time */
  readonly closing: boolean
  readonly #queues: readonly SeenQueue[]
  readonly #ofPool: readonly (readonly SeenQueue[])[]
  readonly #ejected: Evidence['ejected']
  /** times at which something opens or closes, rising */
  readonly #edges: Float64Array
  /** by the numbers of candidates: as they were at the last question */
  readonly #last = new Map<readonly number[], Closing>()

  constructor({ queues, promises, ejected }: Evidence) {
    this.#queues = queues
    this.#ejected = ejected
    this.#ofPool = promises.pools.map((_, pool) =>
      queues.filter(({ poolIndex }) => poolIndex === pool),
    )
    const edges = new Set([
      ...queues.flatMap(({ absences }) => [...absences.times, ...edgesOf(absences.closed)]),
      ...ejected.flatMap(edgesOf),
    ])
    this.#edges = Float64Array.from(edges).sort()
    this.closing = edges.size > 0
  }

  /** Whether something opens or closes at an instant, in an order that rows do not show. */
  changesAt(at: number): boolean {
    return this.#edges[this.#edgesBefore(at)] === at
  }

  /** At an instant when nothing changes. */
  ofQueues(of: Candidates, at: number): Candidates {
    if (!this.closing) return of
    const { closed } = this.#lastOf(of, at, () => ({
      executors: of.executors,
      without: [],
      closed: of.numbers.filter(
        (number) =>
          this.#isClosed(this.#queues[number]!, at) ||
          this.#ejected[number]!.some(({ from, to }) => from < at && at < to),
      ),
    }))
    return closed.length === 0 ? of : { ...of, taken: new Set([...of.taken, ...closed]) }
  }

  /** At an instant when nothing changes. */
  ofPools(of: Candidates, at: number): Candidates {
    if (!this.closing) return of
    const { closed, executors, without } = this.#lastOf(of, at, () => ({
      without: of.numbers.filter((pool) =>
        this.#ofPool[pool]!.every((queue) => presentIn(queue, at) === 0),
      ),
      closed: of.numbers.filter((pool) =>
        this.#ofPool[pool]!.every((queue) => this.#isClosed(queue, at)),
      ),
      executors: of.numbers.map((pool, i) => {
        const [queue] = this.#ofPool[pool]!
        if (queue === undefined || queue.pool.perReplicaQueues) return of.executors[i]!
        return Math.max(1, presentIn(queue, at))
      }),
    }))
    return { ...of, executors, without, taken: new Set([...of.taken, ...closed]) }
  }

  #lastOf(
    { numbers }: Candidates,
    at: number,
    look: () => Omit<Closing, 'between'>,
  ): Omit<Closing, 'between'> {
    const between = this.#edgesBefore(at)
    const previous = this.#last.get(numbers)
    if (previous?.between === between) return previous
    const closing = { between, ...look() }
    this.#last.set(numbers, closing)
    return closing
  }

  /** Number of edges before an instant. */
  #edgesBefore(at: number): number {
    let [low, high] = [0, this.#edges.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#edges[middle]! < at) low = middle + 1
      else high = middle
    }
    return low
  }

  #isClosed({ absences }: SeenQueue, at: number): boolean {
    return absences.closed.some(({ from, to }) => from < at && at < to)
  }
}

/** Executors of a queue that take batches. */
function presentIn({ executors, absences }: SeenQueue, at: number): number {
  const places = Array.from({ length: executors }, (_, place) => place)
  return places.filter((place) => !absences.isAbsent(place, at)).length
}
