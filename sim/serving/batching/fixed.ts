import type { Ms } from '../ports.ts'
import type { BatchPolicy, BatchState, Config, Decision, QueueView } from './batch-policy.ts'

/** Batches of exactly `batch`, however long that takes; the rest goes when the traffic ends. */
export const fixed: BatchPolicy<Config<'fixed'>, BatchState> = Object.freeze({
  kind: 'fixed',
  begin: (config: Config<'fixed'>) => ({ maxBatch: config.batch, windowMs: 0 }),
  decide({ maxBatch }: BatchState, queue: QueueView, _now: Ms, out: Decision) {
    if (queue.length >= maxBatch) out.take = maxBatch
    else if (queue.ending) out.take = queue.length
  },
})
