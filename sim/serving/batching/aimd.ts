import type { Ms } from '../ports.ts'
import { type BatchState, batchPolicy } from './batch-policy.ts'

interface Aimd extends BatchState {
  readonly targetMs: Ms
  readonly increase: number
  readonly decrease: number
  /** the largest batch for now, rounded down */
  limit: number
}

/**
 * Adaptive batch size (Crankshaw et al., Clipper, NSDI 2017, section 4.3): the limit starts at 1,
 * rises by `increase` with each batch that filled it within the target, and is multiplied by
 * `decrease` with each that took longer. One that did not fill it says nothing of larger ones. A
 * batch goes when it is as large as the limit, or when the oldest request's window has closed.
 */
export const aimd = batchPolicy<'aimd', Aimd>({
  kind: 'aimd',
  begin: ({ maxBatch, maxDelayMs, targetMs, increase, decrease }) => ({
    maxBatch,
    windowMs: maxDelayMs,
    targetMs,
    increase,
    decrease,
    limit: 1,
  }),
  decide(state, { length, windowCloses }, now, out) {
    const limit = Math.floor(state.limit)
    if (length >= limit || state.windowMs === 0 || now >= windowCloses) {
      out.take = Math.min(length, limit)
    } else out.wakeAt = windowCloses
  },
  observe(state, now, { size, dispatched }) {
    if (now - dispatched > state.targetMs) state.limit = Math.max(1, state.limit * state.decrease)
    else if (size >= Math.floor(state.limit)) {
      state.limit = Math.min(state.maxBatch, state.limit + state.increase)
    }
  },
})
