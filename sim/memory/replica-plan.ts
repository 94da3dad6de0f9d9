import { type BatchMemory, type PoolMemory, servesBatches } from '../../scenarios/schema/schema.ts'
import type { ActivationPlan } from './activation-plan.ts'
import type { Allocator } from './allocator.ts'
import { BfcArena } from './bfc.ts'
import { BucketCache } from './bucket.ts'
import { BuddyAllocator } from './buddy.ts'
import { CachingAllocator } from './caching.ts'
import type { Device } from './device.ts'
import type { ReplicaPlan } from './replica-memory.ts'

const MIB = 2 ** 20

/** The allocation strategy of a pool's replicas. Throws for a pool that generates. */
export function replicaPlan(memory: PoolMemory, activations: ActivationPlan): ReplicaPlan {
  if (!servesBatches(memory)) {
    throw new Error(`Expected an allocator of batches, got ${memory.allocator}`)
  }
  const arenaBytes = 'arena_mib' in memory ? Math.floor(memory.arena_mib * MIB) : 0
  const allocator = allocatorOf(memory, arenaBytes)
  return { activations, pattern: memory.pattern, arenaBytes, allocator }
}

function allocatorOf(memory: BatchMemory, arenaBytes: number): (device: Device) => Allocator {
  switch (memory.allocator) {
    case 'bfc':
      return (device) => new BfcArena(device, { extend: memory.extend })
    case 'caching':
      return (device) => new CachingAllocator(device)
    case 'bucket':
      return (device) => new BucketCache(device)
    case 'buddy':
      return (device) => new BuddyAllocator(device, { arenaBytes })
  }
}
