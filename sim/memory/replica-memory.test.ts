import { describe, expect, test } from 'vitest'
import type { ActivationPlan, ActivationStep, Bytes } from './activation-plan.ts'
import { BfcArena, BuddyAllocator, CachingAllocator, Device, OUT_OF_MEMORY } from './index.ts'
import { type OwnedChunk, ReplicaMemory, type ReplicaPlan } from './replica-memory.ts'

const KIB = 1024
const MIB = KIB * KIB

const perItem = (bytes: number): Bytes => ({
  fixed: 0,
  perLength: 0,
  perItem: bytes,
  perToken: 0,
  perTokenSquared: 0,
})
const take = (bytes: number, kind: 'activation' | 'input' | 'output' = 'activation') =>
  ({ take: perItem(bytes), kind }) satisfies ActivationStep
const free = (buffer: number): ActivationStep => ({ free: buffer })

/** Input, three layers of which two are in memory at a time, output. */
const chain: ActivationPlan = {
  weights: [3 * KIB, 5 * KIB],
  steps: [
    take(KIB, 'input'),
    take(2 * KIB),
    take(4 * KIB),
    free(1),
    take(3 * KIB),
    free(2),
    take(512, 'output'),
    free(3),
  ],
  inputs: [['batch', 'length']],
}

function replica(capacity: number, plan: Partial<ReplicaPlan> = {}) {
  const device = new Device(capacity)
  const memory = new ReplicaMemory(device, {
    activations: chain,
    pattern: false,
    arenaBytes: 0,
    allocator: (on) => new BfcArena(on),
    ...plan,
  })
  return { device, memory }
}

const describeChunks = (chunks: readonly OwnedChunk[]) =>
  chunks.map(({ owner, bytes }) => `${owner} ${bytes / KIB}`)
const owners = (memory: ReplicaMemory) => describeChunks(memory.chunks())

describe('a chain of buffers, computed by hand', () => {
  test('peaks where the second and third layer overlap, in an arena of 1 MiB', () => {
    const { device, memory } = replica(Number.POSITIVE_INFINITY)
    expect(memory.load()).toBe(0)
    expect(memory.state).toMatchObject({ requestedBytes: 8 * KIB, heldBytes: 8 * KIB })
    expect(memory.run(2, 1, true)).toBe(0)
    // weights, input and two layers: 8 + 2 + 8 + 6, which is more than 8 + 2 + 4 + 8
    expect(memory.state.requestedBytes).toBe(24 * KIB)
    expect(memory.extensions).toEqual([MIB])
    const peak = ['input 2', 'free 4', 'batch 2 x 1 8', 'batch 2 x 1 6', 'free 1004']
    expect(describeChunks(memory.layout!)).toEqual(['weights 3', 'weights 5', ...peak])
    // only input and output are left
    expect(owners(memory)).toEqual(['weights 3', 'weights 5', 'input 2', 'output 1', 'free 1021'])
    memory.end()
    expect(owners(memory)).toEqual(['weights 3', 'weights 5', 'free 1024'])
    expect(device.takenBytes).toBe(MIB + 8 * KIB)
    memory.unload()
    expect([device.takenBytes, memory.state.inUseBytes]).toEqual([0, 0])
  })

  test('a batch that allocates nothing leaves its replica unchanged', () => {
    for (const steps of [[], [take(0)]]) {
      const { memory } = replica(Number.POSITIVE_INFINITY, { activations: { ...chain, steps } })
      memory.load()
      const before = memory.state
      memory.run(2, 1)
      expect(memory.state).toEqual(before)
    }
  })

  test('with the memory pattern, a repeated shape allocates one block, and its output', () => {
    const { memory } = replica(Number.POSITIVE_INFINITY, { pattern: true })
    memory.load()
    memory.run(2, 1)
    memory.end()
    memory.run(2, 1, true)
    // packed: 4 at 0, then 8; 6 does not fit into the freed 4, so it follows
    const peak = ['input 2', 'pattern 2 x 1 18', 'output 1', 'free 1003']
    expect(describeChunks(memory.layout!)).toEqual(['weights 3', 'weights 5', ...peak])
    memory.end()
    expect(owners(memory)).toEqual(['weights 3', 'weights 5', 'free 1024'])
  })

  test('a new session has no plans of the one before', () => {
    const { memory } = replica(Number.POSITIVE_INFINITY, { pattern: true })
    for (let session = 0; session < 2; session++) {
      memory.load()
      memory.run(2, 1, true)
      expect(describeChunks(memory.layout!).filter((chunk) => chunk.startsWith('pattern'))).toEqual(
        [],
      )
      memory.end()
      memory.unload()
    }
  })

  test('another shape with the same key uses the block, plus buffers of other sizes outside', () => {
    const inputs = [['batch'], ['batch']] as const
    const { memory } = replica(Number.POSITIVE_INFINITY, {
      activations: { ...chain, inputs },
      pattern: true,
    })
    memory.load()
    for (const size of [2, 4]) {
      memory.run(size, 1, true)
      memory.end()
    }
    memory.run(4, 1)
    // the plan of the first run stays: 18 KiB, besides input, two layers and weights
    expect(memory.state.requestedBytes).toBe((8 + 18 + 4 + 16 + 12) * KIB)
  })
})

describe('failed allocations', () => {
  test('a failed batch leaves nothing behind, and the next one may succeed', () => {
    const { device, memory } = replica(8 * KIB + MIB)
    memory.load()
    expect(memory.run(200, 1)).toBe(OUT_OF_MEMORY.shortage)
    memory.end()
    expect(owners(memory)).toEqual(['weights 3', 'weights 5', 'free 1024'])
    expect(memory.run(80, 1)).toBe(0)
    memory.end()
    expect(device.takenBytes).toBe(8 * KIB + MIB)
  })

  test('a block that fits no region falls back to the arena without a failure', () => {
    const plan = { ...chain, weights: [], steps: [take(300 * KIB), take(300 * KIB)] }
    const { device, memory } = replica(2 * MIB, {
      activations: plan,
      pattern: true,
      allocator: (on) => new BfcArena(on, { extend: 'same-as-requested' }),
    })
    memory.load()
    for (let run = 0; run < 2; run++) {
      expect(memory.run(3, 1, true)).toBe(0)
      // two regions of 900, and too little for a block of 1,800
      expect(describeChunks(memory.layout!)).toEqual(['batch 3 x 1 900', 'batch 3 x 1 900'])
      memory.end()
    }
    expect(device.takenBytes).toBe(1800 * KIB)
  })

  test('weights that do not fit are a shortage and allocate nothing', () => {
    const { device, memory } = replica(7 * KIB)
    expect(memory.load()).toBe(OUT_OF_MEMORY.shortage)
    expect([memory.resident, device.takenBytes]).toEqual([false, 0])
  })

  test('weights outside the arena are allocated and released with it', () => {
    const plan = { activations: { ...chain, apartBytes: 40 * KIB } }
    expect(replica(47 * KIB, plan).memory.load()).toBe(OUT_OF_MEMORY.shortage)
    const { device, memory } = replica(48 * KIB, plan)
    expect(memory.load()).toBe(0)
    expect([device.freeBytes, memory.weightsBytes]).toEqual([0, 48 * KIB])
    expect(owners(memory)).toEqual(['weights 40', 'weights 3', 'weights 5'])
    expect(memory.state.heldBytes).toBe(48 * KIB)
    memory.unload()
    expect(device.takenBytes).toBe(0)
  })

  test('a buddy arena is reserved together with the weights or not at all', () => {
    const plan = {
      arenaBytes: MIB,
      allocator: (on: Device) => new BuddyAllocator(on, { arenaBytes: MIB }),
    }
    expect(replica(MIB, plan).memory.load()).toBe(OUT_OF_MEMORY.shortage)
    const { device, memory } = replica(MIB + 8 * KIB, plan)
    expect(memory.load()).toBe(0)
    expect(device.freeBytes).toBe(0)
    expect(memory.run(1000, 1)).toBe(OUT_OF_MEMORY.oversize)
    memory.end()
    memory.unload()
    expect(device.takenBytes).toBe(0)
  })
})

test('an arena returns nothing while its batch runs, and all that it can between batches', () => {
  const { device, memory } = replica(Number.POSITIVE_INFINITY, {
    allocator: (on) => new CachingAllocator(on),
  })
  memory.load()
  memory.run(4, 1)
  expect(memory.shrink()).toBe(0)
  memory.end()
  expect(memory.shrink()).toBe(2 * MIB)
  expect(device.takenBytes).toBe(8 * KIB)
  expect(owners(memory)).toEqual(['weights 8'])
})
