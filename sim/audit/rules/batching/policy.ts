import type { SeenQueue } from '../../evidence/evidence.ts'
import type { Batching, PoolPromises } from '../../promises/promises.ts'

/** Policies that go by the number of waiting requests and the window of one of them alone. */
export type ByCount = Extract<Batching, { policy: 'none' | 'fixed' | 'dynamic' }>

export type CountedQueue = SeenQueue & { readonly pool: PoolPromises & { batching: ByCount } }

export function goesByCount(queue: SeenQueue): queue is CountedQueue {
  return ['none', 'fixed', 'dynamic'].includes(queue.pool.batching.policy)
}

/** What a batching policy decides by, apart from the number of waiting requests. */
export interface Moment {
  /** the window of the request that has waited longest has closed */
  readonly closed: boolean
  /** no request will come any more */
  readonly ending: boolean
}

/** The largest batch that a policy ever makes. */
export function largestBatch(batching: Batching): number {
  if (batching.policy === 'none') return 1
  return batching.policy === 'fixed' ? batching.batch : batching.max_batch
}

/**
 * How many of `waiting` requests go at once on a free executor; 0 where there is reason to wait.
 * Never falls as `waiting` rises. `dynamic` as Triton's batcher decides (its documentation of
 * `dynamic_batching`: preferred_batch_size, max_queue_delay_microseconds).
 */
export function taken(batching: ByCount, waiting: number, { closed, ending }: Moment): number {
  if (batching.policy === 'none') return Math.min(1, waiting)
  if (batching.policy === 'fixed') {
    return waiting >= batching.batch ? batching.batch : ending ? waiting : 0
  }
  const pending = Math.min(waiting, batching.max_batch)
  if (closed) return pending
  const sizes = batching.preferred.length === 0 ? [batching.max_batch] : batching.preferred
  let filled = 0
  for (const size of sizes) if (size <= pending && size > filled) filled = size
  return filled > 0 || batching.max_delay_ms > 0 ? filled : pending
}

/** When the window of a request closes that came at `sent`; Infinity where there is no window. */
export function windowCloses(batching: ByCount, sent: number): number {
  const windowed = batching.policy === 'dynamic' && batching.max_delay_ms > 0
  return windowed ? sent + batching.max_delay_ms : Number.POSITIVE_INFINITY
}
