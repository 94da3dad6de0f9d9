import { describe, expect, test } from 'vitest'
import { BucketCache, CachingAllocator, Device, OUT_OF_MEMORY } from './index.ts'

const MIB = 2 ** 20

describe('the caching allocator', () => {
  test('reserves segments of 2 MiB, 20 MiB or multiples of 2 MiB, by the requested size', () => {
    const segmentOf = (bytes: number) => {
      const allocator = new CachingAllocator(new Device(Number.POSITIVE_INFINITY))
      allocator.allocate(bytes)
      const { heldBytes, inUseBytes } = allocator.statistics()
      return [heldBytes / MIB, inUseBytes]
    }
    expect(segmentOf(1)).toEqual([2, 512])
    expect(segmentOf(MIB)).toEqual([2, MIB])
    expect(segmentOf(MIB + 1)).toEqual([20, MIB + 512])
    expect(segmentOf(10 * MIB - 512)).toEqual([20, 10 * MIB - 512])
    expect(segmentOf(10 * MIB)).toEqual([10, 10 * MIB])
    // the remainder of a segment of large blocks is split off only above 1 MiB
    expect(segmentOf(11 * MIB)).toEqual([12, 12 * MIB])
  })

  test('keeps small and large blocks apart', () => {
    const allocator = new CachingAllocator(new Device(Number.POSITIVE_INFINITY))
    allocator.free(allocator.allocate(5 * MIB))
    allocator.allocate(1000)
    expect(allocator.statistics()).toMatchObject({ heldBytes: 22 * MIB, regions: 2 })
  })

  test('returns whole cached segments before it fails, but no split one', () => {
    const device = new Device(50 * MIB)
    const allocator = new CachingAllocator(device)
    const part = allocator.allocate(5 * MIB)
    allocator.free(allocator.allocate(30 * MIB))
    // 30 MiB are cached and whole; 20 MiB are partly in use
    allocator.free(allocator.allocate(24 * MIB))
    expect(device.takenBytes).toBe(50 * MIB)
    expect(allocator.allocate(31 * MIB)).toBe(OUT_OF_MEMORY.fragmentation)
    allocator.free(part)
    expect(allocator.allocate(31 * MIB)).toBeGreaterThan(-1)
    expect(device.takenBytes).toBe(32 * MIB)
  })
})

describe('the bucket cache', () => {
  const cache = () => new BucketCache(new Device(Number.POSITIVE_INFINITY))

  test('rounds up to the next bucket of ONNX Runtime, beyond the last to 16 bytes', () => {
    const inUse = (bytes: number) => {
      const buckets = cache()
      buckets.allocate(bytes)
      return buckets.statistics().inUseBytes
    }
    expect([1, 64, 65, 513, 70_000].map(inUse)).toEqual([64, 64, 128, 2048, 131_072])
    expect(inUse(167_772_161)).toBe(167_772_176)
  })

  test('keeps the number of free buffers of a size that its table has', () => {
    const buckets = cache()
    // 10 buffers of 16 MiB, and none beyond the table
    const handles = Array.from({ length: 12 }, () => buckets.allocate(16 * MIB))
    const beyond = buckets.allocate(200 * MIB)
    for (const handle of [...handles, beyond]) buckets.free(handle)
    expect(buckets.statistics()).toMatchObject({ heldBytes: 160 * MIB, regions: 10 })
    buckets.allocate(16 * MIB - 5)
    expect(buckets.statistics().heldBytes).toBe(160 * MIB)
    expect(buckets.shrink()).toBe(144 * MIB)
  })
})
