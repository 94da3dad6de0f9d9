/**
 * Outcomes of `allocate` in place of a handle. They are below zero, handles are not.
 *
 * - `shortage`: the unused bytes of the allocator and its device are too few.
 * - `fragmentation`: they would suffice, but no chunk fits and the device has too few left.
 * - `oversize`: larger than the allocator ever allocates.
 */
export const OUT_OF_MEMORY = Object.freeze({ shortage: -1, fragmentation: -2, oversize: -3 })

/** Allocates memory of a device. Sizes are whole numbers of bytes above zero. */
export interface Allocator {
  readonly kind: string
  /**
   * Returns the handle of a chunk of at least `bytes`, or one of `OUT_OF_MEMORY`. Throws where
   * `bytes` is not a size.
   */
  allocate(bytes: number): number
  /** Frees a chunk. Throws where the handle is not in use. */
  free(handle: number): void
  /** Returns unused regions to the device, where this kind of allocator can. Returns the bytes. */
  shrink(): number
  statistics(): MemoryStatistics
  /** All chunks, by address: they cover each region without a gap. */
  chunks(): Iterable<Chunk>
}

/** An allocator whose chunks may grow after allocation, as a KV cache does token by token. */
export interface GrowingAllocator extends Allocator {
  /** Adds `bytes` to a chunk. Returns the handle, or one of `OUT_OF_MEMORY` without any change. */
  grow(handle: number, bytes: number): number
}

export interface Chunk {
  /** address at which its region begins, bytes */
  readonly region: number
  readonly address: number
  readonly bytes: number
  /** -1 for a free chunk */
  readonly handle: number
}

/** In bytes, unless the name has another unit. */
export interface MemoryStatistics {
  /** requested and not freed yet */
  readonly requestedBytes: number
  /** the chunks allocated for these requests */
  readonly inUseBytes: number
  /** regions reserved from the device */
  readonly heldBytes: number
  readonly peakRequestedBytes: number
  readonly peakInUseBytes: number
  readonly peakHeldBytes: number
  /** 1 - requested / in use; 0 where nothing is in use */
  readonly internalFragmentation: number
  /** 1 - largest free chunk / all free chunks; 0 where nothing is free */
  readonly externalFragmentation: number
  readonly largestFreeBytes: number
  readonly regions: number
  /** number of regions that cannot be returned, because a chunk in them is in use */
  readonly pinnedRegions: number
  /** free bytes in these regions */
  readonly pinnedFreeBytes: number
  /** failures of `allocate` and `grow`, by cause */
  readonly shortages: number
  readonly fragmentations: number
  readonly oversizes: number
}

/** Throws unless `bytes` is a whole number above 0. */
export function checkSize(bytes: number): void {
  if (!(bytes > 0 && Number.isSafeInteger(bytes))) {
    throw new RangeError(`Expected a whole number of bytes above 0, got ${bytes}`)
  }
}

/** The least multiple of `unit` that is not below `bytes`. */
export const roundUp = (bytes: number, unit: number): number => Math.ceil(bytes / unit) * unit
