import type { Allocator, Chunk, MemoryStatistics } from './allocator.ts'
import { Chunks } from './chunks.ts'
import type { Device } from './device.ts'
import { FreeChunks } from './free-chunks.ts'

/** What allocators have in common that cut regions into chunks and merge free neighbours. */
export abstract class ChunkAllocator implements Allocator {
  abstract readonly kind: string
  protected readonly layout: Chunks
  protected readonly unused: FreeChunks

  constructor(device: Device) {
    this.layout = new Chunks(device)
    this.unused = new FreeChunks(this.layout)
  }

  abstract allocate(bytes: number): number

  free(handle: number): void {
    this.layout.vacate(handle)
    this.coalesce(handle)
  }

  /** By default regions are never returned. */
  shrink(): number {
    return 0
  }

  statistics(): MemoryStatistics {
    return this.layout.statistics(this.unused.largestBytes)
  }

  chunks(): Iterable<Chunk> {
    return this.layout.list()
  }

  /** Merges a newly freed chunk with free neighbours, and adds the result to the free chunks. */
  protected coalesce(chunk: number, free = this.unused): void {
    const { layout } = this
    const after = layout.after[chunk]!
    if (layout.isFree(after)) {
      free.remove(after)
      layout.merge(chunk)
    }
    const before = layout.before[chunk]!
    if (layout.isFree(before)) {
      free.remove(before)
      layout.merge(before)
      free.add(before)
    } else {
      free.add(chunk)
    }
  }

  /** Returns a region that is one free chunk to the device. Returns the bytes. */
  protected closeFree(region: number, free = this.unused): number {
    const bytes = this.layout.bytes[region]!
    free.remove(region)
    this.layout.close(region)
    return bytes
  }
}
