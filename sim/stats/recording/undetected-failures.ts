import { type Batch, type Ms, type Observer, STATUS } from '../../serving/index.ts'
import type { Span } from './executor-spans.ts'

/** Counts the requests that fail on a replica that is down, while they are still routed to it. */
export class UndetectedFailures implements Observer {
  /** requests and attempts, by pool */
  readonly counts: number[]
  readonly #poolOf: readonly number[]
  readonly #warmupMs: Ms
  /** by executor, rising: from its loss to when health checks find it */
  readonly #spans: readonly (readonly Span[])[]

  constructor(of: {
    readonly poolOf: readonly number[]
    readonly warmupMs: Ms
    readonly spans: readonly (readonly Span[])[]
  }) {
    this.#poolOf = of.poolOf
    this.#warmupMs = of.warmupMs
    this.#spans = of.spans
    this.counts = Array.from({ length: Math.max(-1, ...of.poolOf) + 1 }, () => 0)
  }

  batch(_now: Ms, { executor, dispatched, status, size }: Batch): void {
    if (status === STATUS.ok || dispatched < this.#warmupMs) return
    // what it had at its loss was not routed to a replica that was down
    const isDown = this.#spans[executor]!.some(([from, to]) => dispatched > from && dispatched < to)
    if (isDown) this.counts[this.#poolOf[executor]!]! += size
  }
}
