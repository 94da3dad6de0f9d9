export {
  type ActivationPlan,
  type ActivationStep,
  activationPlanSchema,
  type Bytes,
  bytesOf,
  heldSums,
  heldTogether,
  weightsBytesOf,
} from './activation-plan.ts'
export {
  type Allocator,
  type Chunk,
  type GrowingAllocator,
  type MemoryStatistics,
  OUT_OF_MEMORY,
} from './allocator.ts'
export { BfcArena, type BfcOptions } from './bfc.ts'
export { type Bucket, BucketCache } from './bucket.ts'
export { BuddyAllocator, type BuddyOptions, buddyBytes, powerBelow } from './buddy.ts'
export { CachingAllocator } from './caching.ts'
export { ContiguousAllocator, type ContiguousOptions } from './contiguous.ts'
export { declaredPlan, kvTokenBytes } from './declared-plan.ts'
export { Device } from './device.ts'
export { PagedAllocator, type PagedOptions } from './paged.ts'
export {
  type OwnedChunk,
  ReplicaMemory,
  type ReplicaPlan,
  type ReplicaState,
} from './replica-memory.ts'
export { replicaPlan } from './replica-plan.ts'
