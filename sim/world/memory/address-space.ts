import type { OwnedChunk } from '../../memory/index.ts'
import type { SpaceChunk } from '../../stats/index.ts'

/** A chart of a map cannot show more chunks than this apart. */
const MOST_CHUNKS = 400

/** A chunk, and the replica whose allocator holds it. */
export interface ReplicaChunk extends OwnedChunk {
  readonly replica: number
}

interface Region {
  readonly address: number
  readonly bytes: number
}

/**
 * Places the regions of several allocators in one address space. A region keeps its address as long
 * as it is held; a new one takes the lowest free address.
 */
export class AddressSpace {
  #regions = new Map<string, Region>()

  /** The chunks at one instant, by address, with neighbours of one owner merged. */
  layOut(chunks: readonly ReplicaChunk[]): SpaceChunk[] {
    const sizes = new Map<string, number>()
    for (const chunk of chunks) sizes.set(key(chunk), (sizes.get(key(chunk)) ?? 0) + chunk.bytes)
    // a new allocator may have another region at the address of an old one
    const lasting = [...this.#regions].filter(([region, { bytes }]) => sizes.get(region) === bytes)
    this.#regions = new Map(lasting)
    for (const [region, bytes] of sizes) {
      if (this.#regions.has(region)) continue
      this.#regions.set(region, { address: this.#lowest(bytes), bytes })
    }
    const placed = chunks.map((chunk) => {
      const region = key(chunk)
      const address = this.#regions.get(region)!.address + chunk.offset
      return { address, bytes: chunk.bytes, owner: chunk.owner, region }
    })
    placed.sort((a, b) => a.address - b.address)
    const joined = join(placed, (chunk, next) => {
      return chunk.owner === next.owner && (chunk.region === next.region || chunk.owner !== 'free')
    })
    return mergeSmallest(joined).map(({ address, bytes, owner }) => ({ address, bytes, owner }))
  }

  #lowest(bytes: number): number {
    let end = 0
    for (const region of [...this.#regions.values()].sort((a, b) => a.address - b.address)) {
      if (region.address - end >= bytes) break
      end = region.address + region.bytes
    }
    return end
  }
}

interface PlacedChunk extends SpaceChunk {
  readonly region: string
}

const key = ({ replica, region }: ReplicaChunk) => `${replica} ${region}`

/** Merges adjacent chunks; the owner of the larger one is kept. */
function join(
  chunks: readonly PlacedChunk[],
  mayJoin: (chunk: PlacedChunk, next: PlacedChunk) => boolean,
): PlacedChunk[] {
  const joined: PlacedChunk[] = []
  for (const chunk of chunks) {
    const last = joined.at(-1)
    if (last && last.address + last.bytes === chunk.address && mayJoin(last, chunk)) {
      const larger = last.bytes >= chunk.bytes ? last : chunk
      const { address } = last
      joined[joined.length - 1] = { ...larger, address, bytes: last.bytes + chunk.bytes }
    } else joined.push(chunk)
  }
  return joined
}

/** Where there are too many chunks, those too small to be seen are merged with their neighbours. */
function mergeSmallest(chunks: readonly PlacedChunk[]): readonly PlacedChunk[] {
  const totalBytes = chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  let joined = chunks
  for (let least = totalBytes / 1e5; joined.length > MOST_CHUNKS; least *= 2) {
    const dust = least
    joined = join(joined, (chunk, next) => Math.min(chunk.bytes, next.bytes) < dust)
  }
  return joined
}
