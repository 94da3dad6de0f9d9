import type { BatchingPlan, PoolPlan } from '../../../serving/index.ts'
import type { Evidence, SeenQueue } from '../../evidence/evidence.ts'

/** The parameters of a policy. */
export type Of<P extends BatchingPlan['policy']> = Extract<BatchingPlan, { policy: P }>

/** The queues with a policy whose batches are delayed by busy executors only. */
export function queuesUnder<P extends BatchingPlan['policy']>(
  policy: P,
  { unhindered }: Evidence,
): [SeenQueue, Of<P>][] {
  return unhindered.flatMap((queue): [SeenQueue, Of<P>][] => {
    const { batching } = queue.pool
    return batching.policy === policy ? [[queue, batching as Of<P>]] : []
  })
}

/** Policies that depend only on the number of waiting requests and the window of the oldest. */
export type ByCount = Of<'none' | 'fixed' | 'dynamic'>

export type CountedQueue = SeenQueue & { readonly pool: PoolPlan & { batching: ByCount } }

export function dependsOnCount(queue: SeenQueue): queue is CountedQueue {
  return ['none', 'fixed', 'dynamic'].includes(queue.pool.batching.policy)
}

/** The state on which a batching policy depends, besides the number of waiting requests. */
export interface Moment {
  /** whether the window of the oldest request has closed */
  readonly closed: boolean
  /** whether no further request will arrive */
  readonly ending: boolean
}

/** Largest batch of a policy. */
export function largestBatch(batching: BatchingPlan): number {
  if (batching.policy === 'none') return 1
  return batching.policy === 'fixed' ? batching.batch : batching.maxBatch
}

/**
 * Size of the batch dispatched at once on a free executor with `waiting` requests; 0 for waiting
 * on. Never falls as `waiting` rises. `dynamic` follows Triton's batcher (its documentation of
 * `dynamic_batching`: preferred_batch_size, max_queue_delay_microseconds).
 */
export function taken(batching: ByCount, waiting: number, { closed, ending }: Moment): number {
  if (batching.policy === 'none') return Math.min(1, waiting)
  if (batching.policy === 'fixed') {
    return waiting >= batching.batch ? batching.batch : ending ? waiting : 0
  }
  const pending = Math.min(waiting, batching.maxBatch)
  if (closed) return pending
  const sizes = batching.preferred.length === 0 ? [batching.maxBatch] : batching.preferred
  let filled = 0
  for (const size of sizes) if (size <= pending && size > filled) filled = size
  return filled > 0 || batching.maxDelayMs > 0 ? filled : pending
}

/** When the window of a request sent at `sent` closes, ms; Infinity without a window. */
export function windowCloses(batching: ByCount, sent: number): number {
  const windowed = batching.policy === 'dynamic' && batching.maxDelayMs > 0
  return windowed ? sent + batching.maxDelayMs : Number.POSITIVE_INFINITY
}
