import type { Ms } from '../../serving/index.ts'

/** A time from … to; Infinity for its end where the run goes on. */
export type Span = readonly [from: Ms, to: Ms]

interface SpanOptions {
  /** pool of each executor */
  readonly poolOf: readonly number[]
  /** further replicas of each pool that are in the state all the time */
  readonly always: readonly number[]
}

/** When the executors of each pool are in a state, such as up. All of them are at first. */
export class ExecutorSpans {
  readonly #poolOf: readonly number[]
  readonly #always: readonly number[]
  /** by executor; NaN for one that is not in the state */
  readonly #since: Float64Array
  /** by pool, those that are over */
  readonly #ended: readonly Span[][]

  constructor({ poolOf, always }: SpanOptions) {
    this.#poolOf = poolOf
    this.#always = always
    this.#since = new Float64Array(poolOf.length)
    this.#ended = always.map(() => [])
  }

  /** From a time on an executor is in the state, or is not. */
  change(executor: number, at: Ms, isIn: boolean): void {
    const since = this.#since[executor]!
    if (isIn && Number.isNaN(since)) this.#since[executor] = at
    if (isIn || Number.isNaN(since)) return
    if (at > since) this.#ended[this.#poolOf[executor]!]!.push([since, at])
    this.#since[executor] = Number.NaN
  }

  /** Of each pool. */
  get all(): readonly (readonly Span[])[] {
    const spans = this.#ended.map((ended, pool): Span[] => [
      ...ended,
      ...Array.from({ length: this.#always[pool]! }, (): Span => [0, Number.POSITIVE_INFINITY]),
    ])
    this.#since.forEach((since, executor) => {
      const pool = this.#poolOf[executor]!
      if (!Number.isNaN(since)) spans[pool]!.push([since, Number.POSITIVE_INFINITY])
    })
    return spans
  }
}

/** The time of all spans within one. */
export function timeWithin(spans: readonly Span[], [from, to]: Span): Ms {
  let sum = 0
  for (const span of spans) {
    sum += Math.max(0, Math.min(span[1], to) - Math.max(span[0], from))
  }
  return sum
}
