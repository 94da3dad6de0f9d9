import type { Batch, Ms } from '../ports.ts'
import type { BatchPolicy, BatchState, Config, Decision, QueueView } from './batch-policy.ts'

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
export const aimd: BatchPolicy<Config<'aimd'>, Aimd> = Object.freeze({
  kind: 'aimd',
  begin: (config: Config<'aimd'>) => ({
    maxBatch: config.maxBatch,
    windowMs: config.maxDelayMs,
    targetMs: config.targetMs,
    increase: config.increase,
    decrease: config.decrease,
    limit: 1,
  }),
  decide(state: Aimd, queue: QueueView, now: Ms, out: Decision) {
    const limit = Math.floor(state.limit)
    const { length, windowCloses } = queue
    if (length >= limit || state.windowMs === 0 || now >= windowCloses) {
      out.take = Math.min(length, limit)
    } else out.wakeAt = windowCloses
  },
  observe(state: Aimd, now: Ms, { size, dispatched }: Batch) {
    if (now - dispatched > state.targetMs) state.limit = Math.max(1, state.limit * state.decrease)
    else if (size >= Math.floor(state.limit)) {
      state.limit = Math.min(state.maxBatch, state.limit + state.increase)
    }
  },
})
