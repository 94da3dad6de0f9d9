import { failureKind } from './failure-kind.ts'

/** A straggler. */
export const slow = failureKind<'slow'>({
  kind: 'slow',
  lastsMs: ({ for_s }) => 1000 * for_s,
  effect: ({ factor }) => ({ factor, share: 0 }),
})
