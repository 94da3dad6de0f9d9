import { stream } from '../kernel/index.ts'
import { Batcher, type PoolPlan } from '../serving/index.ts'
import type { LengthDistribution } from '../traffic/index.ts'
import type { MeanWork } from '../world/index.ts'

const BATCHES = 2000

/**
 * The highest rate, requests/s, at which the queue of a pool stays stable: its replicas run full
 * batches back to back at speed 1. `overheadMs` is spent on each batch around its work.
 */
export function poolCapacity(
  pool: PoolPlan,
  work: MeanWork,
  overheadMs: number,
  draw: () => number,
): number {
  const batcher = new Batcher(pool.batching)
  const { maxBatch: size } = batcher
  const lanes = Array.from({ length: batcher.edges.length + 1 }, () => ({
    size: 0,
    longest: 1,
    tokens: 0,
  }))
  let ms = 0
  for (let i = 0; i < BATCHES; ) {
    const length = draw()
    const lane = lanes[batcher.laneOf(length)]!
    lane.longest = Math.max(lane.longest, length)
    lane.tokens += length
    if (++lane.size < size) continue
    const padded = Math.ceil(lane.longest / pool.padTo) * pool.padTo
    ms += work.mean(size, pool.ragged ? lane.tokens / size : padded) + overheadMs
    Object.assign(lane, { size: 0, longest: 1, tokens: 0 })
    i++
  }
  return (1000 * pool.replicas * size * BATCHES) / ms
}

/** Draws from several length distributions in turn, in proportion to their weights. */
export function mixedLengths(
  parts: readonly { readonly lengths: LengthDistribution; readonly weight: number }[],
  seed: number,
): () => number {
  const random = stream(seed, 0, 'capacity-mix')
  const total = parts.reduce((sum, { weight }) => sum + weight, 0)
  return () => {
    let left = random.uniform() * total
    for (const { lengths, weight } of parts) {
      left -= weight
      if (left < 0) return lengths.draw()
    }
    return parts[parts.length - 1]!.lengths.draw()
  }
}
