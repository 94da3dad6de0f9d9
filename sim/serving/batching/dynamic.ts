import { type BatchState, batchPolicy } from './batch-policy.ts'

interface Dynamic extends BatchState {
  /** rising; the configuration's preferred sizes, or else the largest batch alone */
  readonly preferred: readonly number[]
}

/**
 * Triton's dynamic batcher (core/src/dynamic_batch_scheduler.cc, GetDynamicBatch) without prefetch:
 * the largest preferred size that the queue fills, unless the oldest request's window has closed,
 * in which case everything that waits goes, up to the largest batch. A window of 0 is greedy. A
 * batch is only ever formed while an executor is free.
 */
export const dynamic = batchPolicy<'dynamic', Dynamic>({
  kind: 'dynamic',
  begin: ({ maxBatch, preferred, maxDelayMs }) => ({
    maxBatch,
    windowMs: maxDelayMs,
    preferred: preferred.length > 0 ? preferred : [maxBatch],
  }),
  decide(state, queue, now, out) {
    const pending = Math.min(queue.length, state.maxBatch)
    const closed = state.windowMs > 0 && now >= queue.windowCloses
    if (!closed) {
      const preferred = state.preferred
      for (let i = preferred.length - 1; i >= 0; i--) {
        if (preferred[i]! <= pending) {
          out.take = preferred[i]!
          return
        }
      }
    }
    if (closed || state.windowMs === 0) out.take = pending
    else out.wakeAt = queue.windowCloses
  },
})
