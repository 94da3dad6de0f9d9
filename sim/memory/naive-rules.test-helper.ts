import type { NaiveMemory, NaiveRule } from './naive-memory.test-helper.ts'

/** The rules of the allocators, written again on plain lists from their descriptions. */

const KIB = 1024
const MIB = KIB * KIB
const up = (bytes: number, unit: number) => bytes + ((unit - (bytes % unit)) % unit)
const deviceFree = (memory: NaiveMemory) => memory.capacity - memory.held

/** With the bins of ONNX Runtime's source, searched one by one. */
export function naiveBfc(strategy: 'power' | 'same', limit = Number.POSITIVE_INFINITY): NaiveRule {
  let current = MIB
  let first: number | null = null
  const bin = (bytes: number) => Math.min(20, Math.floor(Math.log2(bytes / 256)))
  const left = (memory: NaiveMemory) => Math.min(deviceFree(memory), limit - memory.held)
  const find = (memory: NaiveMemory, rounded: number) => {
    for (let b = bin(rounded); b <= 20; b++) {
      const inBin = memory.freeIn('').filter((chunk) => bin(chunk.bytes) === b)
      const chunk = inBin.find((candidate) => candidate.bytes >= rounded)
      if (chunk !== undefined) return chunk
    }
    return null
  }
  const extend = (memory: NaiveMemory, rounded: number) => {
    const allowed = Math.min(Number.MAX_SAFE_INTEGER, limit - memory.held)
    if (rounded > allowed - (allowed % 256)) return
    let bytes = rounded
    if (strategy === 'power') {
      const grew = rounded > current
      while (rounded > current) current *= 2
      bytes = Math.min(current, allowed - (allowed % 256))
      if (!grew) current = Math.min(current * 2, 1024 * MIB)
    }
    let chunk = memory.open(bytes)
    while (chunk === null) {
      bytes = up(Math.floor(Math.fround(Math.fround(bytes) * Math.fround(0.9))), 256)
      if (bytes < rounded || bytes < 8 * KIB) return
      chunk = memory.open(bytes)
    }
    first ??= chunk.region
  }
  return {
    place(memory, bytes) {
      const rounded = up(bytes, 256)
      if (find(memory, rounded) === null) extend(memory, rounded)
      const chunk = find(memory, rounded)
      if (chunk !== null && (chunk.bytes >= 2 * rounded || chunk.bytes - rounded >= 128 * MIB)) {
        memory.cut(chunk, rounded)
      }
      return chunk
    },
    freed: (memory) => memory.join(),
    shrink(memory) {
      current = 2 * MIB
      return memory.closeIdle((region) => strategy === 'power' && region === first)
    },
    available: (memory) => Math.max(0, left(memory)),
  }
}

export function naiveCaching(): NaiveRule {
  const segment = (rounded: number) =>
    rounded <= MIB ? 2 * MIB : rounded < 10 * MIB ? 20 * MIB : up(rounded, 2 * MIB)
  return {
    place(memory, bytes) {
      const rounded = up(bytes, 512)
      const pool = rounded <= MIB ? 'small' : 'large'
      let block = memory.freeIn(pool).find((free) => free.bytes >= rounded) ?? null
      block ??= memory.open(segment(rounded), pool)
      if (block === null) {
        memory.closeIdle()
        block = memory.open(segment(rounded), pool)
      }
      if (block === null) return null
      const rest = block.bytes - rounded
      if (pool === 'small' ? rest >= 512 : rest > MIB) memory.cut(block, rounded)
      return block
    },
    freed: (memory) => memory.join(),
    shrink: (memory) => memory.closeIdle(),
    available: deviceFree,
  }
}

export function naiveBuckets(table: readonly (readonly [number, number])[]): NaiveRule {
  const sizeOf = (bytes: number) => table.find(([size]) => size >= bytes)?.[0] ?? up(bytes, 16)
  return {
    place(memory, bytes) {
      const size = sizeOf(bytes)
      return memory.freeIn('').find((free) => free.bytes === size) ?? memory.open(size)
    },
    freed(memory, buffer) {
      const keeps = table.find(([size]) => size === buffer.bytes)?.[1] ?? 0
      const kept = memory.freeIn('').filter((free) => free.bytes === buffer.bytes).length
      if (kept > keeps) memory.chunks = memory.chunks.filter((chunk) => chunk !== buffer)
    },
    shrink: (memory) => memory.closeIdle(),
    available: deviceFree,
  }
}

/** The caller opens regions of 2^n, 2^m ... bytes. */
export function naiveBuddy(least: number): NaiveRule {
  return {
    place(memory, bytes) {
      const size = Math.max(least, 2 ** Math.ceil(Math.log2(bytes)))
      const regions = memory.chunks.filter(({ region, address }) => region === address)
      const largest = Math.max(...regions.map(({ region }) => regionBytes(memory, region)))
      if (size > largest) return 'oversize'
      const chunk = memory.freeIn('').find((free) => free.bytes >= size)
      if (chunk === undefined) return null
      while (chunk.bytes > size) memory.cut(chunk, chunk.bytes / 2)
      return chunk
    },
    freed(memory) {
      for (let again = true; again; ) {
        again = false
        for (const chunk of memory.freeIn('')) {
          const twin = memory.chunks.find(
            (candidate) =>
              candidate.requested === 0 &&
              candidate.region === chunk.region &&
              candidate.bytes === chunk.bytes &&
              candidate.address === chunk.address + chunk.bytes &&
              (chunk.address - chunk.region) % (2 * chunk.bytes) === 0,
          )
          if (twin === undefined) continue
          memory.chunks = memory.chunks.filter((candidate) => candidate !== twin)
          chunk.bytes *= 2
          again = true
          break
        }
      }
    },
    shrink: () => 0,
    available: () => 0,
  }
}

function regionBytes(memory: NaiveMemory, region: number): number {
  const inRegion = memory.chunks.filter((chunk) => chunk.region === region)
  return inRegion.reduce((total, { bytes }) => total + bytes, 0)
}

export function naiveContiguous(reservation: number): NaiveRule {
  return {
    place(memory, bytes) {
      if (bytes > reservation) return 'oversize'
      const chunk = memory.freeIn('').find((free) => free.bytes >= reservation)
      if (chunk === undefined) return null
      if (chunk.bytes > reservation) memory.cut(chunk, reservation)
      return chunk
    },
    freed: (memory) => memory.join(),
    shrink: () => 0,
    available: () => 0,
  }
}
