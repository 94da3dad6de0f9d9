import type { PromisedBytes, PromisedMemory } from './memory-promises.ts'
import type { PoolPromises, PromisedQueue, Promises } from './promises.ts'

type OfPool = Pick<PromisedQueue, 'pool'>

/** The memory of a pool that serves requests in one go; null where it does not count. */
export function memoryOf({ pool }: OfPool): PromisedMemory | null {
  return pool.generation === undefined ? (pool.memory ?? null) : null
}

/** Whether a batch that runs out of memory may go in halves: then several are of one dispatch. */
export function goesInHalves(queue: OfPool): boolean {
  return memoryOf(queue)?.outOfMemory.includes('split') === true
}

/** Whether weights of a pool may be absent. */
export function comesAndGoes({ devices }: Promises, queue: OfPool): boolean {
  const own = memoryOf(queue)
  return own !== null && !own.pinned && devices[own.devices[0]!]!.residency !== null
}

/**
 * Whether memory may keep executors of a pool from a batch that is due, or make it smaller: then
 * rows do not tell when one should have gone.
 */
export function isHeldBack({ devices }: Promises, pool: PoolPromises): boolean {
  const own = memoryOf({ pool })
  if (own === null) return false
  const limited = own.devices.some((one) => {
    const device = devices[one]!
    return device.limitBytes < Number.POSITIVE_INFINITY || device.residency !== null
  })
  return limited || own.arena !== null || goesInHalves({ pool })
}

/** What a replica takes before its first batch. */
export const residentBytes = ({ weightsBytes, arena }: PromisedMemory): number =>
  weightsBytes + (arena?.bytes ?? 0)

/** Bytes that a batch asks for at most at a time, of its device or of its arena. */
export function asked({ sums, arena }: PromisedMemory, size: number, length: number): number {
  const needs =
    arena === null
      ? sums.map((sum) => bytes(sum, size, length))
      : arena.together.map((held) => inPowers(held, arena.bytes, size, length))
  return Math.max(0, ...needs)
}

function bytes(one: PromisedBytes, size: number, length: number): number {
  const { fixed, perLength, perItem, perToken, perTokenSquared } = one
  const each = perItem + perToken * length + perTokenSquared * length * length
  return Math.ceil(fixed + perLength * length + size * each)
}

/** Each buffer has the next power of two from 256 on, of which none may be beyond the arena. */
function inPowers(held: readonly PromisedBytes[], arena: number, size: number, length: number) {
  let sum = 0
  for (const one of held) {
    const needed = bytes(one, size, length)
    if (needed <= 0) continue
    let power = 256
    while (power < needed) power += power
    if (power > arena) return Number.POSITIVE_INFINITY
    sum += power
  }
  return sum
}
