import type { PoolPlan } from '../../serving/index.ts'
import type { ExecutorWork } from '../comparison/structure.ts'

/** Shares of a batch's duration; both columns of all members add up to 1. */
interface BatchShare {
  /** an equal share of the load */
  readonly fair: number
  /** the excess over a batch of mean length, which its longest members cause */
  readonly length: number
}

/**
 * Divides the duration of a batch among its members, of which the lengths are given. A batch is
 * padded to its longest member. What it takes beyond a batch of as many requests of mean length is
 * blamed on the longest members, in equal parts; the rest is an equal share of the load. In a
 * ragged batch nothing is padded, so the share of a member is that of its length, and the part
 * above an equal share counts as length.
 */
export function batchShares(
  lengths: readonly number[],
  pool: Pick<PoolPlan, 'ragged' | 'padTo'>,
  work: ExecutorWork['work'],
): BatchShare[] {
  const size = lengths.length
  const tokens = lengths.reduce((sum, length) => sum + Math.max(1, length), 0)
  const longest = Math.max(1, ...lengths)
  if (size === 1) return [{ fair: 1, length: 0 }]
  if (pool.ragged) {
    return lengths.map((length) => {
      const share = Math.max(1, length) / tokens
      const fair = Math.min(share, 1 / size)
      return { fair, length: share - fair }
    })
  }
  const padded = (length: number) => Math.ceil(length / pool.padTo) * pool.padTo
  const [mean, whole] = [work(size, padded(tokens / size)), work(size, padded(longest))]
  const excess = whole > 0 ? Math.min(1, Math.max(0, 1 - mean / whole)) : 0
  const ties = lengths.filter((length) => Math.max(1, length) === longest).length
  return lengths.map((length) => ({
    fair: (1 - excess) / size,
    length: Math.max(1, length) === longest ? excess / ties : 0,
  }))
}
