import type { Batching } from '../../scenarios/schema.ts'
import type { Ms } from './ports.ts'

/** What a batching policy sees of a queue while an executor is free. */
export interface QueueView {
  /** waiting requests, at least 1 */
  readonly length: number
  /** when the batch window of the oldest request closes */
  readonly windowCloses: Ms
  /** true once no further request can come */
  readonly ending: boolean
}

/** `take` requests now; or, where it is 0, decide again at `wakeAt` or at the next arrival. */
export interface Decision {
  take: number
  wakeAt: Ms
}

/** A batching policy: pure decisions on a prepared configuration. */
export interface BatchPolicy<Config, Prepared extends { readonly maxBatch: number }> {
  readonly kind: string
  prepare(config: Config): Prepared
  /** The batch window, which starts when a request comes to its queue; 0 for none, ms. */
  windowMs(prepared: Prepared): Ms
  decide(prepared: Prepared, queue: QueueView, now: Ms, out: Decision): void
}

type Config<P extends Batching['policy']> = Extract<Batching, { policy: P }>

/** Every request alone. */
const none: BatchPolicy<Config<'none'>, { maxBatch: 1 }> = Object.freeze({
  kind: 'none',
  prepare: () => ({ maxBatch: 1 as const }),
  windowMs: () => 0,
  decide(_prepared: { maxBatch: 1 }, _queue: QueueView, _now: Ms, out: Decision) {
    out.take = 1
  },
})

/** Batches of exactly `batch`, however long that takes; the rest goes when the traffic ends. */
const fixed: BatchPolicy<Config<'fixed'>, { maxBatch: number }> = Object.freeze({
  kind: 'fixed',
  prepare: (config: Config<'fixed'>) => ({ maxBatch: config.batch }),
  windowMs: () => 0,
  decide(prepared: { maxBatch: number }, queue: QueueView, _now: Ms, out: Decision) {
    if (queue.length >= prepared.maxBatch) out.take = prepared.maxBatch
    else if (queue.ending) out.take = queue.length
  },
})

interface Dynamic {
  readonly maxBatch: number
  /** rising; the configuration's preferred sizes, or else the largest batch alone */
  readonly preferred: readonly number[]
  readonly delayMs: Ms
}

/**
 * Triton's dynamic batcher (core/src/dynamic_batch_scheduler.cc, GetDynamicBatch) without prefetch
 * and priorities: the largest preferred size that the queue fills, unless the oldest request's
 * window has closed, in which case everything that waits goes, up to the largest batch. A window
 * of 0 is greedy. A batch is only ever formed while an executor is free.
 */
const dynamic: BatchPolicy<Config<'dynamic'>, Dynamic> = Object.freeze({
  kind: 'dynamic',
  prepare: (config: Config<'dynamic'>) => ({
    maxBatch: config.max_batch,
    preferred: config.preferred.length > 0 ? config.preferred : [config.max_batch],
    delayMs: config.max_delay_ms,
  }),
  windowMs: (prepared: Dynamic) => prepared.delayMs,
  decide(prepared: Dynamic, queue: QueueView, now: Ms, out: Decision) {
    const pending = Math.min(queue.length, prepared.maxBatch)
    const closed = prepared.delayMs > 0 && now >= queue.windowCloses
    if (!closed) {
      const preferred = prepared.preferred
      for (let i = preferred.length - 1; i >= 0; i--) {
        if (preferred[i]! <= pending) {
          out.take = preferred[i]!
          return
        }
      }
    }
    if (closed || prepared.delayMs === 0) out.take = pending
    else out.wakeAt = queue.windowCloses
  },
})

/** Every batching policy. A new one is a new entry here, and its configuration in the schema. */
export const batchPolicies = Object.freeze({ none, fixed, dynamic })

/** A policy bound to its configuration. */
export interface Batcher {
  readonly maxBatch: number
  readonly windowMs: Ms
  decide(queue: QueueView, now: Ms, out: Decision): void
}

export function batcher(config: Batching): Batcher {
  const policy = batchPolicies[config.policy] as BatchPolicy<Batching, { maxBatch: number }>
  const prepared = policy.prepare(config)
  return {
    maxBatch: prepared.maxBatch,
    windowMs: policy.windowMs(prepared),
    decide: (queue, now, out) => policy.decide(prepared, queue, now, out),
  }
}
