import { stream } from '../../sim/kernel/index.ts'
import {
  type Allocator,
  BfcArena,
  BucketCache,
  BuddyAllocator,
  CachingAllocator,
  ContiguousAllocator,
  Device,
  PagedAllocator,
} from '../../sim/memory/index.ts'
import { type Extent, type Figure, rateOf, sizeIn } from './figure.ts'

const PAIRS = 10_000_000
const ROUNDS = 1
const GIB = 2 ** 30
/** KV cache of a token, bytes: 8 kv heads of 128 in 32 layers, 16 bits */
const TOKEN = 131_072
const BLOCK_TOKENS = 16

interface Case {
  readonly name: string
  /** number of allocations that are live at a time */
  readonly live: number
  /** mean size, lognormal, bytes */
  readonly bytes: number
  readonly make: (device: Device) => Allocator
}

const KV_CACHE = { live: 100, bytes: 500 * TOKEN }
const paging = { arenaBytes: 128 * GIB, blockTokens: BLOCK_TOKENS, tokenBytes: TOKEN }
const reserving = { arenaBytes: 128 * GIB, reservationBytes: 4096 * TOKEN }

const CASES: readonly Case[] = [
  ...[100, 10_000].flatMap((live): readonly Case[] => {
    const size = { live, bytes: 1e6 }
    return [
      { name: 'bfc', ...size, make: (device) => new BfcArena(device) },
      { name: 'caching', ...size, make: (device) => new CachingAllocator(device) },
      { name: 'bucket', ...size, make: (device) => new BucketCache(device) },
      {
        name: 'buddy',
        ...size,
        make: (device) => new BuddyAllocator(device, { arenaBytes: 256 * GIB }),
      },
    ]
  }),
  {
    name: 'contiguous',
    ...KV_CACHE,
    make: (device) => new ContiguousAllocator(device, reserving),
  },
  { name: 'paged', ...KV_CACHE, make: (device) => new PagedAllocator(device, paging) },
]

/** Allocations of random sizes, each after a random live one is freed. */
export function* allocatorFigures(extent: Extent): Generator<Figure> {
  const pairs = sizeIn(extent, PAIRS)
  for (const { name, live, bytes, make } of CASES) {
    const random = stream(1, 0, 'allocators')
    const sizes = Float64Array.from({ length: 4096 }, () =>
      Math.min(4096 * TOKEN, Math.ceil(bytes * Math.exp(random.normal() - 0.5))),
    )
    const victims = Int32Array.from({ length: 4093 }, () => Math.floor(random.uniform() * live))
    yield rateOf({
      name: `${name}, ${live.toLocaleString('en-US')} in use`,
      unit: 'M pairs/s',
      size: pairs,
      rounds: ROUNDS,
      work: () => churn(make(new Device(512 * GIB)), pairs, live, sizes, victims),
    })
  }
}

function churn(
  allocator: Allocator,
  pairs: number,
  live: number,
  sizes: Float64Array,
  victims: Int32Array,
): void {
  const held = Int32Array.from({ length: live }, (_, i) => allocator.allocate(sizes[i & 4095]!))
  for (let pair = 0, victim = 0; pair < pairs; pair++) {
    const slot = victims[victim]!
    if (++victim === victims.length) victim = 0
    allocator.free(held[slot]!)
    held[slot] = allocator.allocate(sizes[pair & 4095]!)
  }
  for (const handle of held) allocator.free(handle)
  if (allocator.statistics().inUseBytes !== 0) throw new Error('Expected nothing to be left in use')
}
