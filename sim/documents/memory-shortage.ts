import type { MemorySpace } from './memory-document.ts'

/** What a device or a pool with dedicated devices lacked, in all runs. */
export type MemoryShortage = Pick<MemorySpace, 'name' | 'out_of_memory' | 'remedies'>

/** Number of batches without a sufficient chunk, in all runs. */
export function memoryFailures({ out_of_memory: causes }: Pick<MemorySpace, 'out_of_memory'>) {
  return causes.shortage + causes.fragmentation + causes.oversize
}

/** Whether sequences are preempted when blocks run out, which is no failure. */
export function preempts({ allocators }: Pick<MemorySpace, 'allocators'>): boolean {
  return allocators.every((kind) => kind === 'paged' || kind === 'contiguous')
}

/** The devices and pools that ran out of memory. */
export function memoryShortages(spaces: readonly MemorySpace[]): MemoryShortage[] {
  return spaces.flatMap((space) => {
    const { name, out_of_memory, remedies } = space
    const lacked = memoryFailures(space) > 0 || remedies.failed > 0
    return lacked && !preempts(space) ? [{ name, out_of_memory, remedies }] : []
  })
}
