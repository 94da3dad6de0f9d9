import fc from 'fast-check'
import {
  type Allocator,
  BfcArena,
  type Bucket,
  BucketCache,
  BuddyAllocator,
  CachingAllocator,
  ContiguousAllocator,
  Device,
  PagedAllocator,
} from './index.ts'
import { NaiveMemory } from './naive-memory.test-helper.ts'
import { NaivePages } from './naive-pages.test-helper.ts'
import {
  naiveBfc,
  naiveBuckets,
  naiveBuddy,
  naiveCaching,
  naiveContiguous,
} from './naive-rules.test-helper.ts'

const KIB = 1024
const MIB = KIB * KIB

/** An allocator, its device, and the same rules on a plain list. */
export interface System {
  readonly allocator: Allocator
  readonly device: Device
  readonly naive: Pick<NaiveMemory, 'allocate' | 'free' | 'shrink' | 'statistics' | 'chunks'>
}

const BUCKETS: readonly Bucket[] = [
  [64, 2],
  [256, 1],
  [4096, 2],
  [MIB, 1],
  [8 * MIB, 1],
]

function system(
  capacity: number,
  make: (device: Device) => Allocator,
  naive: () => NaiveMemory | NaivePages,
): () => System {
  return () => {
    const device = new Device(capacity)
    return { device, allocator: make(device), naive: naive() }
  }
}

function naiveBuddies(roots: readonly number[], least: number): NaiveMemory {
  const memory = new NaiveMemory(64 * MIB, naiveBuddy(least))
  for (const root of roots) memory.open(root)
  return memory
}

function naiveReservations(arena: number, reservation: number): NaiveMemory {
  const memory = new NaiveMemory(64 * MIB, naiveContiguous(reservation))
  memory.open(arena)
  return memory
}

/** Every allocator. A new entry of this table is tested by all laws. */
export const SYSTEMS: Readonly<Record<string, () => System>> = {
  'bfc, next power of two': system(
    64 * MIB,
    (device) => new BfcArena(device),
    () => new NaiveMemory(64 * MIB, naiveBfc('power')),
  ),
  'bfc, same as requested, limited': system(
    64 * MIB,
    (device) => new BfcArena(device, { extend: 'same-as-requested', limitBytes: 20_000_000 }),
    () => new NaiveMemory(64 * MIB, naiveBfc('same', 20_000_000)),
  ),
  'bfc, next power of two, limited': system(
    64 * MIB,
    (device) => new BfcArena(device, { limitBytes: 20_000_000 }),
    () => new NaiveMemory(64 * MIB, naiveBfc('power', 20_000_000)),
  ),
  caching: system(
    64 * MIB,
    (device) => new CachingAllocator(device),
    () => new NaiveMemory(64 * MIB, naiveCaching()),
  ),
  bucket: system(
    32 * MIB,
    (device) => new BucketCache(device, BUCKETS),
    () => new NaiveMemory(32 * MIB, naiveBuckets(BUCKETS)),
  ),
  buddy: system(
    64 * MIB,
    (device) => new BuddyAllocator(device, { arenaBytes: 22 * MIB + 1000 }),
    () => naiveBuddies([16 * MIB, 4 * MIB, 2 * MIB, 512, 256], 256),
  ),
  contiguous: system(
    64 * MIB,
    (device) =>
      new ContiguousAllocator(device, { arenaBytes: 10_000_000, reservationBytes: 3_000_000 }),
    () => naiveReservations(10_000_000, 3_000_000),
  ),
  paged: system(
    64 * MIB,
    (device) =>
      new PagedAllocator(device, {
        arenaBytes: 10_000_000,
        blockTokens: 16,
        tokenBytes: 6000,
      }),
    () => new NaivePages(104, 96_000),
  ),
}

/** An operation on an allocator. */
export type Step =
  | { readonly kind: 'allocate'; readonly bytes: number }
  | { readonly kind: 'free'; readonly pick: number }
  | { readonly kind: 'shrink' }

const bytes = fc.oneof(
  fc.integer({ min: 1, max: 1000 }),
  fc.integer({ min: 1, max: 50_000 }),
  fc.integer({ min: 1, max: 3 * MIB }),
  fc.integer({ min: 1, max: 24 * MIB }),
  fc.integer({ min: 0, max: 24 }).map((exponent) => 2 ** exponent),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('allocate' as const), bytes }) },
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('free' as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('shrink' as const) }) },
)

export const traffic = fc.array(step, { maxLength: 120, size: 'max' })
