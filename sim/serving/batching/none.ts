import type { BatchPolicy, BatchState, Config } from './batch-policy.ts'

/** Every request alone. */
export const none: BatchPolicy<Config<'none'>, BatchState> = Object.freeze({
  kind: 'none',
  begin: () => ({ maxBatch: 1, windowMs: 0 }),
  decide(_state: BatchState, _queue: object, _now: number, out: { take: number }) {
    out.take = 1
  },
})
