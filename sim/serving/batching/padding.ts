import type { PoolPlan } from '../plan.ts'
import type { BatchShape } from '../ports.ts'

/**
 * The length to which all members of a batch are padded: the longest, rounded up to a multiple of
 * `padTo`; 0 where the batch is ragged.
 */
export function paddedLength(
  { ragged, padTo }: Pick<PoolPlan, 'ragged' | 'padTo'>,
  longest: number,
): number {
  return ragged ? 0 : Math.ceil(longest / padTo) * padTo
}

/** The length that is computed for each member, padding included; in a ragged batch their mean. */
export function computedLength({ size, length, tokens }: BatchShape): number {
  return length === 0 ? tokens / size : length
}

/** What is computed, padding included, in lengths. */
export function computedIn({ size, length, tokens }: BatchShape): number {
  return length === 0 ? tokens : size * length
}
