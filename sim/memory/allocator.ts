/**
 * What `allocate` returns in place of a handle. All are below zero, handles are not.
 *
 * - `shortage`: the bytes that nobody uses, of the allocator and of its device, are too few.
 * - `fragmentation`: they would do, but no chunk fits and the device has none to give.
 * - `oversize`: longer than anything that the allocator would ever hand out.
 */
export const OUT_OF_MEMORY = Object.freeze({ shortage: -1, fragmentation: -2, oversize: -3 })

/** Memory that a server shares out. Sizes are whole numbers of bytes above zero. */
export interface Allocator {
  readonly kind: string
  /** The handle of a chunk of at least so many bytes, or one of `OUT_OF_MEMORY`. */
  allocate(bytes: number): number
  /** Takes back what `allocate` gave. Throws where nobody holds the handle. */
  free(handle: number): void
  /** Gives the device back what this kind of allocator can. Returns the bytes. */
  shrink(): number
  statistics(): MemoryStatistics
  /** What is held, by address: chunks cover each region without a gap. */
  chunks(): Iterable<Chunk>
}

/** One whose chunks may grow after they were handed out, as a KV cache does token by token. */
export interface GrowingAllocator extends Allocator {
  /** So many further bytes for a handle: the handle, or one of `OUT_OF_MEMORY` and no change. */
  grow(handle: number, bytes: number): number
}

export interface Chunk {
  /** address at which its region begins */
  readonly region: number
  readonly address: number
  readonly bytes: number
  /** who holds it; -1: it is free */
  readonly handle: number
}

/** Bytes unless the name says otherwise. */
export interface MemoryStatistics {
  /** what was asked for and is not freed yet */
  readonly requestedBytes: number
  /** the chunks that were given for that */
  readonly inUseBytes: number
  /** regions that the device gave */
  readonly heldBytes: number
  readonly peakRequestedBytes: number
  readonly peakInUseBytes: number
  readonly peakHeldBytes: number
  /** 1 - requested / in use; 0 where nothing is in use */
  readonly internalFragmentation: number
  /** 1 - largest free chunk / all free chunks; 0 where nothing is free */
  readonly externalFragmentation: number
  readonly largestFreeBytes: number
  /** a number, as the next one */
  readonly regions: number
  /** those that cannot be given back, as a chunk in them is in use */
  readonly pinnedRegions: number
  /** what is free in these */
  readonly pinnedFreeBytes: number
  /** how often `allocate` and `grow` failed, by cause */
  readonly shortages: number
  readonly fragmentations: number
  readonly oversizes: number
}

/** Throws unless `bytes` is a size that can be asked for. */
export function checkSize(bytes: number): void {
  if (!(bytes > 0 && Number.isSafeInteger(bytes))) {
    throw new RangeError(`Expected a whole number of bytes above 0, got ${bytes}`)
  }
}

/** The least multiple of `unit` that is not below `bytes`. */
export const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit
