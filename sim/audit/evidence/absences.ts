import type { PromisedQueue } from '../promises/promises.ts'

/** An executor came or went, as the control plane saw it. */
export interface ExecutorChange {
  readonly at: number
  readonly executor: number
  readonly state: 'up' | 'draining' | 'down' | 'starting' | 'stopped'
}

interface Span {
  readonly from: number
  readonly to: number
}

/**
 * When executors of a queue take no batch, and when the queue takes no request. A draining executor
 * that shares its queue takes no batch; one with a queue of its own serves what waits there, and
 * takes no further request.
 */
export class Absences {
  /** by place in the queue */
  readonly #spans: readonly (readonly Span[])[]
  readonly #losses: ReadonlySet<string>
  /** nothing is routed to the queue */
  readonly closed: readonly Span[]
  /** instants at which the number of executors changes, rising */
  readonly times: Float64Array

  constructor(changes: readonly ExecutorChange[], queue: PromisedQueue) {
    const { firstExecutor, executors } = queue
    const changesByPlace = Array.from({ length: executors }, (_, i) =>
      changes.filter(({ executor }) => executor === firstExecutor + i),
    )
    const ownQueue = queue.pool.perReplicaQueues
    this.#spans = changesByPlace.map((list) =>
      spansOf(list, (state) => state !== 'up' && !(state === 'draining' && ownQueue)),
    )
    this.closed = ownQueue ? spansOf(changesByPlace[0]!, (state) => state !== 'up') : []
    const lost = changesByPlace.flat().filter(({ state }) => state === 'down')
    this.#losses = new Set(lost.map(({ executor, at }) => `${executor} ${at}`))
    const edges = this.#spans.flat().flatMap(({ from, to }) => [from, to])
    this.times = Float64Array.from(new Set(edges.filter(Number.isFinite))).sort()
  }

  get any(): boolean {
    return this.times.length > 0
  }

  /** Whether the executor at a place takes no batch just after an instant. */
  isAbsent(place: number, at: number): boolean {
    return this.#spans[place]!.some(({ from, to }) => from <= at && at < to)
  }

  /** Whether it takes no batch just before and just after an instant. */
  isAbsentAround(place: number, at: number): boolean {
    return this.#spans[place]!.some(({ from, to }) => from < at && at < to)
  }

  /** Whether an executor is lost at an instant. */
  isLostAt(executor: number, at: number): boolean {
    return this.#losses.has(`${executor} ${at}`)
  }

  /** The times at which the executor at a place came back. */
  returnsOf(place: number): readonly number[] {
    return this.#spans[place]!.map(({ to }) => to).filter(Number.isFinite)
  }

  /** When the executor at a place came back last, up to an instant; -Infinity for never. */
  backAt(place: number, at: number): number {
    const back = this.#spans[place]!.map(({ to }) => to).filter((to) => to <= at)
    return Math.max(Number.NEGATIVE_INFINITY, ...back)
  }
}

function spansOf(
  changes: readonly ExecutorChange[],
  isAway: (state: ExecutorChange['state']) => boolean,
): Span[] {
  const spans: Span[] = []
  let from: number | null = null
  for (const { at, state } of changes) {
    if (isAway(state)) from ??= at
    else if (state === 'up' && from !== null) {
      spans.push({ from, to: at })
      from = null
    }
  }
  if (from !== null) spans.push({ from, to: Number.POSITIVE_INFINITY })
  return spans
}
