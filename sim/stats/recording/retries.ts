import {
  type Ms,
  OUTCOME,
  type Outcome,
  type Requests,
  type RetryPlan,
  retryDueAt,
  type ServingPlan,
} from '../../serving/index.ts'

/** Absent where the proxy of the pool retries nothing. */
type Pools = readonly { readonly retries?: RetryPlan | undefined }[]

/** The retries by the proxy of one pool. */
export interface RetrySummary {
  /** attempts but the first */
  readonly sent: number
  /** of those, the ones that served their request */
  readonly succeeded: number
  /** requests that were lost because retries were at their limit */
  readonly overflow: number
}

/** Whether the requests of each class may be sent again by a proxy. */
export function retriedClasses({ classes, pools }: ServingPlan): boolean[] {
  return classes.map(({ pools: among }) =>
    pools.some(({ index, retries }) => retries && (among?.includes(index) ?? true)),
  )
}

/** Counts the attempts of the requests that were scheduled after the warm-up. */
export class RetryRecorder {
  readonly #requests: Requests
  readonly #pools: Pools
  /** by pool; null where nothing is retried */
  readonly counts: readonly ({ -readonly [K in keyof RetrySummary]: number } | null)[]

  constructor({ requests, pools }: { readonly requests: Requests; readonly pools: Pools }) {
    this.#requests = requests
    this.#pools = pools
    this.counts = pools.map(({ retries }) =>
      retries === undefined ? null : { sent: 0, succeeded: 0, overflow: 0 },
    )
  }

  /** An attempt of a request has ended. */
  ended(now: Ms, request: number): void {
    const pool = this.#requests.pool[request]!
    const counts = this.counts[pool]!
    const plan = this.#pools[pool]!.retries
    if (counts === null || plan === undefined) return
    const made = this.#requests.copy[request]!
    const outcome = this.#requests.outcome[request]! as Outcome
    if (made > 0) counts.sent++
    if (made > 0 && outcome === OUTCOME.served) counts.succeeded++
    if (outcome === OUTCOME.retried) return
    const due = retryDueAt(plan, this.#requests, { now, request, outcome, made })
    if (due !== null) counts.overflow++
  }
}
