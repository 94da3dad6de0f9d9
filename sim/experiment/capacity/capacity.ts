import { stream } from '../../kernel/index.ts'
import {
  Batcher,
  Ledger,
  type PoolPlan,
  type ServingPlan,
  topologyOf,
} from '../../serving/index.ts'
import type { LengthDistribution } from '../../traffic/index.ts'
import type { MeanWork } from '../../world/index.ts'

const BATCHES = 2000

/** Most draws of a length per member of a batch; a limit for pools where almost no request fits. */
const MOST_DRAWS = 10

/** Memory for the batches of a pool's replicas, while no other pool runs. */
interface BatchRoom {
  /** bytes of each device or arena */
  readonly bytes: number
  readonly places: number
  /** bytes that a batch requests */
  readonly of: (size: number, length: number) => number
}

interface BatchGroup {
  readonly size: number
  readonly longest: number
  readonly tokens: number
}

/**
 * The highest rate, requests/s, at which the queue of a pool stays stable: its replicas run full
 * batches without a pause at speed 1. `overheadMs` is added to the work of each batch. With a
 * `room`, batches are as large as fits, and as many run in parallel as fit. A request that is
 * rejected for its size takes no capacity.
 */
export function poolCapacity(
  pool: PoolPlan,
  work: Pick<MeanWork, 'mean'>,
  overheadMs: number,
  draw: () => number,
  room: BatchRoom | null = null,
): number {
  const batcher = new Batcher(pool.batching)
  const { maxBatch } = batcher
  const groups = Array.from({ length: batcher.edges.length + 1 }, () => EMPTY)
  const lengthOf = ({ size, longest, tokens }: BatchGroup) =>
    pool.ragged ? tokens / size : Math.ceil(longest / pool.padTo) * pool.padTo
  const bytesOf = (group: BatchGroup) => room?.of(group.size, lengthOf(group)) ?? 0
  const fits = (group: BatchGroup) => room === null || bytesOf(group) <= room.bytes
  let batches = 0
  let ms = 0
  let byteMs = 0
  let served = 0
  let refused = 0
  const run = (group: BatchGroup) => {
    const batchMs = work.mean(group.size, lengthOf(group)) + overheadMs
    batches++
    ms += batchMs
    byteMs += bytesOf(group) * batchMs
    served += group.size
  }
  const most = MOST_DRAWS * maxBatch * BATCHES
  for (let drawn = 0; batches < BATCHES && drawn < most; drawn++) {
    const length = draw()
    const alone = joined(EMPTY, length)
    if (!fits(alone)) {
      refused++
      continue
    }
    const at = batcher.batchGroupOf(length)
    const longer = joined(groups[at]!, length)
    const whole = fits(longer)
    if (whole && longer.size < maxBatch) {
      groups[at] = longer
      continue
    }
    run(whole ? longer : groups[at]!)
    groups[at] = whole ? EMPTY : alone
  }
  // where no request fits, the capacity is that without a limit
  if (served === 0) return poolCapacity(pool, work, overheadMs, draw)
  const atOnce = byteMs > 0 ? (room!.places * room!.bytes * ms) / byteMs : pool.replicas
  return (1000 * Math.min(pool.replicas, atOnce) * (served + refused)) / ms
}

/**
 * The same where each batch has one request: exact, where the mean over 2,000 of a long tail would
 * be off by some percent. `mean`: of a function of the length.
 */
export function capacityOfSingles(
  { replicas, ragged, padTo }: PoolPlan,
  work: Pick<MeanWork, 'mean'>,
  overheadMs: number,
  mean: (of: (length: number) => number) => number,
): number {
  const computed = (length: number) => (ragged ? length : Math.ceil(length / padTo) * padTo)
  return (1000 * replicas) / (mean((length) => work.mean(1, computed(length))) + overheadMs)
}

const EMPTY: BatchGroup = Object.freeze({ size: 0, longest: 1, tokens: 0 })

const joined = ({ size, longest, tokens }: BatchGroup, length: number): BatchGroup => ({
  size: size + 1,
  longest: Math.max(longest, length),
  tokens: tokens + length,
})

/** The memory for batches of a pool; null where memory is not simulated. */
export function batchRoom(
  plan: Pick<ServingPlan, 'devices' | 'pools' | 'classes'>,
  pool: number,
): BatchRoom | null {
  const { memory } = plan.pools[pool]!
  if (memory === undefined) return null
  const ledger = new Ledger(plan)
  const [first] = topologyOf(plan).executorsOf[pool] as [number]
  return {
    bytes: ledger.room(first),
    places: memory.arena === null ? new Set(memory.devices).size : memory.devices.length,
    of: (size, length) => ledger.estimate(first, size, length),
  }
}

/** Draws from several length distributions, with probabilities proportional to their weights. */
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
