import type { PoolMemoryPlan, PoolPlan } from '../../serving/index.ts'
import type { PromisedBytes } from './declared-memory.ts'
import type { PromisedQueue, Promises } from './promises.ts'

type OfPool = Pick<PromisedQueue, 'pool'>

/** The memory of a pool that runs batches; null where memory is not promised. */
export function memoryOf({ pool }: OfPool): PoolMemoryPlan | null {
  return pool.generation === undefined ? (pool.memory ?? null) : null
}

/**
 * Whether a batch that runs out of memory may be split into halves. One dispatch then has several
 * batches.
 */
export function maySplitBatches(queue: OfPool): boolean {
  return memoryOf(queue)?.outOfMemory.includes('split') === true
}

/** Whether a pool's models are swappable: their weights may be absent. */
export function isSwappable({ devices }: Promises, queue: OfPool): boolean {
  const memory = memoryOf(queue)
  return memory !== null && !memory.pinned && devices[memory.devices[0]!]!.residency !== null
}

/**
 * Whether memory may delay a due batch of a pool or reduce its size. Rows then do not show when it
 * was due.
 */
export function memoryMayDelay({ devices }: Promises, pool: PoolPlan): boolean {
  const memory = memoryOf({ pool })
  if (memory === null) return false
  const limited = memory.devices.some((number) => {
    const device = devices[number]!
    return device.limitBytes < Number.POSITIVE_INFINITY || device.residency !== null
  })
  return limited || memory.arena !== null || maySplitBatches({ pool })
}

/** Bytes of a replica before its first batch. */
export const residentBytes = ({ weightsBytes, arena }: PoolMemoryPlan): number =>
  weightsBytes + (arena?.bytes ?? 0)

/** Most bytes that a batch requests at a time, from its device or arena. */
export function requestedBytes(
  { sums, arena }: PoolMemoryPlan,
  size: number,
  length: number,
): number {
  const needs =
    arena === null
      ? sums.map((sum) => bytes(sum, size, length))
      : arena.together.map((held) => inPowers(held, arena.bytes, size, length))
  return Math.max(0, ...needs)
}

function bytes(terms: PromisedBytes, size: number, length: number): number {
  const { fixed, perLength, perItem, perToken, perTokenSquared } = terms
  const each = perItem + perToken * length + perTokenSquared * length * length
  return Math.ceil(fixed + perLength * length + size * each)
}

/** Each buffer takes a power of two of at least 256 bytes, which must not exceed the arena. */
function inPowers(held: readonly PromisedBytes[], arena: number, size: number, length: number) {
  let sum = 0
  for (const terms of held) {
    const needed = bytes(terms, size, length)
    if (needed <= 0) continue
    let power = 256
    while (power < needed) power += power
    if (power > arena) return Number.POSITIVE_INFINITY
    sum += power
  }
  return sum
}
