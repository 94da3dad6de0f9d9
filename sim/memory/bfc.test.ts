import { describe, expect, test } from 'vitest'
import { BfcArena, type BfcOptions, Device, OUT_OF_MEMORY } from './index.ts'

const KIB = 1024
const MIB = KIB * KIB

/** Records what an arena reserves from its device for each request. */
function watched(options: BfcOptions = {}, capacity = Number.POSITIVE_INFINITY) {
  const device = new Device(capacity)
  const arena = new BfcArena(device, options)
  const extensions: number[] = []
  return {
    arena,
    device,
    extensions,
    allocate(bytes: number): number {
      const before = device.takenBytes
      const handle = arena.allocate(bytes)
      if (device.takenBytes > before) extensions.push(device.takenBytes - before)
      return handle
    },
  }
}

/** A chain of dense layers: each output lives until the next layer has read it. */
function chain({ allocate, arena }: ReturnType<typeof watched>, layers: number, bytes: number) {
  let input = -1
  for (let layer = 0; layer < layers; layer++) {
    const output = allocate(bytes)
    if (input >= 0) arena.free(input)
    input = output
  }
  arena.free(input)
}

describe('grows as ONNX Runtime 1.30 does, in the order of its log', () => {
  // 8 layers of 512 in fp32 on the cpu provider; one weight of 1 MiB is reserved
  const rowBytes = 4 * 512

  test('batches of 1, 64, 700, 64 and 1500', () => {
    const run = watched()
    run.arena.reserve(MIB)
    const batches = [1, 64, 700, 64, 1500]
    const growth = batches.map((batch) => {
      const from = run.extensions.length
      chain(run, 8, batch * rowBytes)
      return [run.extensions.slice(from), run.device.takenBytes]
    })
    expect(growth).toEqual([
      [[1_048_576], 2_097_152],
      [[], 2_097_152],
      [[2_097_152, 4_194_304], 8_388_608],
      [[], 8_388_608],
      [[8_388_608], 16_777_216],
    ])
  })

  test('three batches of 20,000, without the memory pattern', () => {
    const run = watched()
    for (let i = 0; i < 3; i++) chain(run, 8, 20_000 * rowBytes)
    expect(run.extensions).toEqual([67_108_864, 67_108_864])
  })

  test('the same with it: from the second run on one block of the planned peak, which fits in neither region', () => {
    const run = watched()
    chain(run, 8, 20_000 * rowBytes)
    expect(run.extensions).toEqual([67_108_864, 67_108_864])
    for (let i = 0; i < 2; i++) run.arena.free(run.allocate(2 * 20_000 * rowBytes))
    expect(run.extensions).toEqual([67_108_864, 67_108_864, 134_217_728])
  })
})

describe('a region has', () => {
  test('the least power of two that fits, and the next one twice as much', () => {
    const run = watched()
    for (const bytes of [100, 2 * MIB, 3 * MIB, 40 * MIB, 10 * MIB, 65 * MIB]) run.allocate(bytes)
    // 40 MiB take a whole region of 64, so 10 MiB need another one
    expect(run.extensions.map((bytes) => bytes / MIB)).toEqual([1, 2, 4, 64, 64, 128])
  })

  test('no more than the cap, unless a single request is larger', () => {
    const run = watched({ maxPowerOfTwoExtendBytes: 4 * MIB })
    const all = [MIB, 2 * MIB, 4 * MIB, 4 * MIB, 9 * MIB, 9 * MIB, 4 * MIB]
    for (const bytes of all) run.allocate(bytes)
    // 9 MiB grows to 16, allocated whole; then 16 again instead of doubling, and back to the cap
    expect(run.extensions.map((bytes) => bytes / MIB)).toEqual([1, 2, 4, 4, 16, 16, 4])
  })

  test('the requested bytes in units of 256, by the other strategy', () => {
    const run = watched({ extend: 'same-as-requested' })
    for (const bytes of [1, 1000, 3 * MIB + 1]) run.allocate(bytes)
    expect(run.extensions).toEqual([256, 1024, 3 * MIB + 256])
  })

  test('the bytes that the limit leaves', () => {
    const run = watched({ limitBytes: 7 * MIB + 100 })
    for (const bytes of [MIB, 2 * MIB, 4 * MIB]) expect(run.allocate(bytes)).toBeGreaterThan(-1)
    expect(run.allocate(256)).toBe(OUT_OF_MEMORY.shortage)
    expect(run.extensions.map((bytes) => bytes / MIB)).toEqual([1, 2, 4])
  })

  test('nine tenths of a size that the device refuses, repeated until it suffices', () => {
    const run = watched({}, 50 * MIB)
    expect(run.allocate(40 * MIB)).toBeGreaterThan(-1)
    // 67,108,864 to 60,398,080 to 54,358,272 to this, in single precision and units of 256 bytes
    expect(run.extensions).toEqual([48_922_624])
  })
})

describe('a chunk is', () => {
  test('split from a region where less than half of it is requested, otherwise allocated whole', () => {
    const { arena } = watched()
    const half = arena.allocate(512 * KIB)
    expect(arena.statistics().inUseBytes).toBe(512 * KIB)
    arena.free(half)
    arena.allocate(512 * KIB + 1)
    expect(arena.statistics()).toMatchObject({ inUseBytes: MIB, requestedBytes: 512 * KIB + 1 })
  })

  test('split where 128 MiB would be wasted', () => {
    const { arena } = watched({ initialChunkBytes: 512 * MIB })
    arena.allocate(300 * MIB)
    expect(arena.statistics().inUseBytes).toBe(300 * MIB)
  })
})

describe('shrinking', () => {
  const three = (options: BfcOptions) => {
    const run = watched(options)
    const handles = [MIB, 2 * MIB, 4 * MIB].map(run.allocate)
    return { ...run, handles }
  }

  test('returns unused regions, except the first one', () => {
    const { arena, handles } = three({})
    const small = handles[2]!
    arena.free(handles[0]!)
    arena.free(handles[1]!)
    expect(arena.shrink()).toBe(2 * MIB)
    arena.free(small)
    expect(arena.shrink()).toBe(4 * MIB)
    expect(arena.statistics()).toMatchObject({ heldBytes: MIB, regions: 1, pinnedRegions: 0 })
  })

  test('returns the first one too, where regions have the requested size', () => {
    const { arena, handles } = three({ extend: 'same-as-requested' })
    for (const handle of handles) arena.free(handle)
    expect(arena.shrink()).toBe(7 * MIB)
    expect(arena.statistics().heldBytes).toBe(0)
  })

  test('restarts growth at 2 MiB', () => {
    const run = three({})
    for (const handle of run.handles) run.arena.free(handle)
    run.arena.shrink()
    run.allocate(MIB + 1)
    expect(run.extensions.at(-1)).toBe(2 * MIB)
  })

  test('is prevented by one small chunk', () => {
    const run = watched()
    const large = [MIB, 2 * MIB].map(run.allocate)
    run.arena.free(large[1]!)
    run.allocate(256)
    expect(run.arena.shrink()).toBe(0)
    expect(run.arena.statistics()).toMatchObject({
      pinnedRegions: 2,
      pinnedFreeBytes: 2 * MIB - 256,
    })
  })
})

test('a reservation counts, is not rounded, and returns to the device when it is freed', () => {
  const { arena, device } = watched()
  const weight = arena.reserve(1001)
  expect(arena.statistics()).toMatchObject({ inUseBytes: 1001, heldBytes: 1001, regions: 1 })
  expect(arena.allocate(100)).toBeGreaterThan(-1)
  arena.free(weight)
  expect(device.takenBytes).toBe(MIB)
})

test('arenas on a shared device add up, and may leave each other without memory', () => {
  const device = new Device(3 * MIB)
  const [first, second] = [new BfcArena(device), new BfcArena(device)]
  first.allocate(MIB)
  first.allocate(MIB)
  expect(first.statistics().heldBytes).toBe(3 * MIB)
  // the first holds 1 MiB that it does not use; the second cannot have it
  expect(second.allocate(100)).toBe(OUT_OF_MEMORY.shortage)
})
