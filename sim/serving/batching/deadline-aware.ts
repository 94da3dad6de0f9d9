import type { Ms } from '../ports.ts'
import { type BatchState, batchPolicy } from './batch-policy.ts'
import { computedIn } from './padding.ts'
import { ServiceEstimator } from './service-estimator.ts'

interface DeadlineAware extends BatchState {
  readonly marginMs: Ms
  readonly estimator: ServiceEstimator
}

/**
 * A batch goes when it is full, or when the first deadline of waiting requests leaves no more time
 * than the batch is predicted to take and a margin. Before a batch was observed it goes at once.
 * Every request needs a deadline.
 */
export const deadlineAware = batchPolicy<'deadline-aware', DeadlineAware>({
  kind: 'deadline-aware',
  begin: ({ maxBatch, marginMs }) => ({
    maxBatch,
    windowMs: 0,
    marginMs,
    estimator: new ServiceEstimator(),
  }),
  decide(state, queue, now, out) {
    if (queue.length >= state.maxBatch) {
      out.take = state.maxBatch
      return
    }
    const predicted = state.estimator.predict(queue.computed)
    const sendAt = queue.firstDeadline - (predicted + state.marginMs)
    if (now >= sendAt) out.take = queue.length
    else out.wakeAt = sendAt
  },
  observe({ estimator }, now, batch) {
    estimator.observe(computedIn(batch), now - batch.dispatched)
  },
  looksAhead: true,
})
