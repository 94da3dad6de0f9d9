import { type BatchState, batchPolicy } from './batch-policy.ts'

/** Every request alone. */
export const none = batchPolicy<'none', BatchState>({
  kind: 'none',
  begin: () => ({ maxBatch: 1, windowMs: 0 }),
  decide(_state, _queue, _now, out) {
    out.take = 1
  },
})
