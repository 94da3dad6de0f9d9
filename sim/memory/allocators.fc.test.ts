import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Chunks } from './chunks.ts'
import { FreeChunks } from './free-chunks.ts'
import { type Allocator, BfcArena, OUT_OF_MEMORY } from './index.ts'
import { type Step, SYSTEMS, type System, traffic } from './systems.test-helper.ts'

/** Applies the steps; throws where the allocator breaks a law. */
function conforms({ allocator, device, naive }: System, steps: readonly Step[]): void {
  const live: { handle: number; address: number; bytes: number }[] = []
  const held0 = device.takenBytes
  const leave = (pick: number) => {
    const [gone] = live.splice(pick, 1)
    allocator.free(gone!.handle)
    naive.free(gone!.address)
  }
  for (const step of steps) {
    if (step.kind === 'allocate') {
      const handle = allocator.allocate(step.bytes)
      const address = naive.allocate(step.bytes)
      if (handle < 0) same(handle, address, 'outcome')
      else {
        same(addressOf(allocator, handle), address, 'address')
        live.push({ handle, address, bytes: step.bytes })
      }
    } else if (step.kind === 'free') {
      if (live.length > 0) leave(step.pick % live.length)
    } else {
      same(allocator.shrink(), naive.shrink(), 'bytes that were given back')
    }
    check()
  }
  while (live.length > 0) leave(live.length - 1)
  check()
  // nothing is leaked: each region is one free chunk
  const { regions, inUseBytes, requestedBytes } = allocator.statistics()
  same([...allocator.chunks()].length, regions, 'chunks that are left')
  same(inUseBytes + requestedBytes, 0, 'bytes in use')
  allocator.shrink()
  same(device.takenBytes, allocator.statistics().heldBytes, 'bytes held')
  if (held0 > 0) same(device.takenBytes, held0, 'arena')

  function check(): void {
    covered(allocator)
    for (const { handle, bytes } of live) {
      const held = [...allocator.chunks()].filter((chunk) => chunk.handle === handle)
      const total = held.reduce((sum, chunk) => sum + chunk.bytes, 0)
      if (total < bytes) throw new Error(`Expected ${bytes} bytes, got ${total}`)
    }
    same(layout(allocator), naiveLayout(naive), 'chunks')
    same(JSON.stringify(allocator.statistics()), JSON.stringify(naive.statistics()), 'statistics')
    same(device.takenBytes, allocator.statistics().heldBytes, 'bytes held')
  }
}

/** No overlap and no gap: each chunk of a region begins where the one before it ends. */
function covered(allocator: Allocator): void {
  let region = Number.NaN
  let end = 0
  for (const chunk of allocator.chunks()) {
    if (chunk.region !== region) {
      if (chunk.address !== chunk.region) throw new Error('Expected a region to begin with a chunk')
      if (chunk.region < end) throw new Error('Expected regions apart')
      region = chunk.region
      end = region
    }
    same(chunk.address, end, 'begin of a chunk')
    if (!(chunk.bytes > 0)) throw new Error(`Expected a chunk with bytes, got ${chunk.bytes}`)
    end += chunk.bytes
  }
}

const addressOf = (allocator: Allocator, handle: number) =>
  [...allocator.chunks()].find((chunk) => chunk.handle === handle)!.address

const layout = (allocator: Allocator) =>
  [...allocator.chunks()]
    .map(({ address, bytes, handle }) => `${address}+${bytes}${handle < 0 ? '' : '*'}`)
    .join(' ')

const naiveLayout = ({ chunks }: System['naive']) =>
  chunks
    .map(({ address, bytes, requested }) => `${address}+${bytes}${requested === 0 ? '' : '*'}`)
    .join(' ')

function same<T>(actual: T, expected: T, what: string): void {
  if (actual !== expected) throw new Error(`Expected ${what} ${expected}, got ${actual}`)
}

const OPTIONS = { numRuns: 60 }

describe.each(Object.entries(SYSTEMS))('%s', (_, make) => {
  test('chunks never overlap or leak; chunks and statistics agree with a plain list', () => {
    fc.assert(
      fc.property(traffic, (steps) => conforms(make(), steps)),
      OPTIONS,
    )
  })

  test('rejects handles that are not in use, and invalid sizes', () => {
    const { allocator } = make()
    const handle = allocator.allocate(1000)
    for (const unknown of [-1, handle + 1, 1e6]) expect(() => allocator.free(unknown)).toThrow()
    allocator.free(handle)
    expect(() => allocator.free(handle)).toThrow(`got ${handle}`)
    for (const size of [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => allocator.allocate(size)).toThrow(`got ${size}`)
    }
  })
})

test('random traffic runs out of memory in every way', () => {
  const met = new Set<string>()
  for (const [name, make] of Object.entries(SYSTEMS)) {
    for (const steps of fc.sample(traffic, { seed: 5, ...OPTIONS })) {
      const { allocator } = make()
      const live: number[] = []
      for (const step of steps) {
        if (step.kind === 'free' && live.length > 0) allocator.free(live.pop()!)
        if (step.kind !== 'allocate') continue
        const handle = allocator.allocate(step.bytes)
        if (handle >= 0) live.push(handle)
        else met.add(`${name}: ${handle}`)
      }
    }
  }
  const { shortage, fragmentation, oversize } = OUT_OF_MEMORY
  for (const name of Object.keys(SYSTEMS)) {
    const expected: number[] = [shortage]
    // every free block of a paged allocator fits
    if (name !== 'paged') expected.push(fragmentation)
    if (['buddy', 'contiguous', 'paged'].includes(name)) expected.push(oversize)
    for (const outcome of expected) expect(met).toContain(`${name}: ${outcome}`)
  }
})

describe('a broken allocator is caught:', () => {
  const isCaught = (make: () => System) =>
    expect(() =>
      fc.assert(
        fc.property(traffic, (steps) => conforms(make(), steps)),
        { ...OPTIONS, endOnFailure: true },
      ),
    ).toThrow()
  const bfc = SYSTEMS['bfc, next power of two']!

  /** Runs a check with one method of a prototype replaced. */
  function whileBroken<T extends object, K extends keyof T>(
    prototype: T,
    method: K,
    replacement: T[K],
  ): void {
    const right = prototype[method]
    prototype[method] = replacement
    try {
      isCaught(bfc)
    } finally {
      prototype[method] = right
    }
    // the same case passes without the replaced method
    conforms(bfc(), fc.sample(traffic, OPTIONS)[0]!)
  }

  test('one that cuts overlapping chunks', () => {
    const split = Chunks.prototype.split
    whileBroken(Chunks.prototype, 'split', function (this: Chunks, chunk, bytes) {
      const rest = split.call(this, chunk, bytes)
      this.address[rest] = this.address[rest]! - 256
      return rest
    })
  })

  test('one that loses bytes when it merges chunks', () => {
    const merge = Chunks.prototype.merge
    whileBroken(Chunks.prototype, 'merge', function (this: Chunks, chunk) {
      const bytes = this.bytes[chunk]!
      merge.call(this, chunk)
      this.bytes[chunk] = bytes
    })
  })

  test('one that takes the largest chunk instead of the best fit', () => {
    const fit = FreeChunks.prototype.fit
    whileBroken(FreeChunks.prototype, 'fit', function (this: FreeChunks, bytes) {
      return fit.call(this, Math.max(bytes, this.largestBytes))
    })
  })

  const changed = (how: (right: Allocator) => Partial<Allocator>) => () => {
    const system = bfc()
    const { allocator: right } = system
    return { ...system, allocator: { ...bound(right), ...how(right) } }
  }

  test('one that leaks', () => isCaught(changed(() => ({ free: () => {} }))))

  test('one that miscounts its peak', () =>
    isCaught(
      changed((right) => ({
        statistics() {
          const statistics = right.statistics()
          return { ...statistics, peakInUseBytes: statistics.inUseBytes }
        },
      })),
    ))

  test('one that reports fragmentation as a shortage', () =>
    isCaught(
      changed((right) => ({
        allocate: (bytes) => {
          const handle = right.allocate(bytes)
          return handle === OUT_OF_MEMORY.fragmentation ? OUT_OF_MEMORY.shortage : handle
        },
      })),
    ))

  test('one that splits by another rule', () =>
    isCaught(() => {
      const system = bfc()
      const allocator = new BfcArena(system.device, { maxDeadBytesPerChunk: 0 })
      return { ...system, allocator }
    }))
})

/** The methods of an allocator, bound to it because they use private fields. */
function bound(right: Allocator): Allocator {
  return {
    kind: right.kind,
    allocate: (bytes) => right.allocate(bytes),
    free: (handle) => right.free(handle),
    shrink: () => right.shrink(),
    statistics: () => right.statistics(),
    chunks: () => right.chunks(),
  }
}
