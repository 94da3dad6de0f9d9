import { failureKind } from './failure-kind.ts'

/** Batches end with errors. */
export const errors = failureKind<'errors'>({
  kind: 'errors',
  lastsMs: ({ for_s }) => 1000 * for_s,
  effect: ({ share, after_ms: afterMs }) => ({ factor: 1, share, afterMs }),
})
