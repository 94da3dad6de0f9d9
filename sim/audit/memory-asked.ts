import type { PromisedMemory } from './memory-promises.ts'
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
  return limited || goesInHalves({ pool })
}

/** Bytes that a batch asks for at most at a time. */
export function asked({ sums }: PromisedMemory, size: number, length: number): number {
  let most = 0
  for (const { fixed, perLength, perItem, perToken, perTokenSquared } of sums) {
    const each = perItem + perToken * length + perTokenSquared * length * length
    const sum = Math.ceil(fixed + perLength * length + size * each)
    if (sum > most) most = sum
  }
  return most
}
