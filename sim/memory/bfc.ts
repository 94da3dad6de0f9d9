import { checkSize, roundUp } from './allocator.ts'
import { ChunkAllocator } from './chunk-allocator.ts'
import type { Device } from './device.ts'

const NONE = -1
const UNIT = 256
const MIB = 2 ** 20
/** a region of less than this is not requested from the device */
const LEAST_BACKPEDAL = 8192
const BACKPEDAL = Math.fround(0.9)

export interface BfcOptions {
  /** How the arena grows: to the next power of two, or by the requested size. */
  readonly extend?: 'next-power-of-two' | 'same-as-requested'
  /** The most that the arena reserves, as `gpu_mem_limit`; default: the capacity of its device. */
  readonly limitBytes?: number
  readonly initialChunkBytes?: number
  /** The size at which growth restarts after the arena was shrunk. */
  readonly initialGrowthChunkBytes?: number
  /** A remainder of at least this size is always split off. */
  readonly maxDeadBytesPerChunk?: number
  /** Largest region that doubling reaches. */
  readonly maxPowerOfTwoExtendBytes?: number
}

const DEFAULTS: Required<BfcOptions> = Object.freeze({
  extend: 'next-power-of-two',
  limitBytes: Number.POSITIVE_INFINITY,
  initialChunkBytes: MIB,
  initialGrowthChunkBytes: 2 * MIB,
  maxDeadBytesPerChunk: 128 * MIB,
  maxPowerOfTwoExtendBytes: 1024 * MIB,
})

/**
 * The arena of ONNX Runtime (onnxruntime/core/framework/bfc_arena.cc, 1.30; its defaults): best fit
 * with coalescing. Its 21 bins only speed up the search. The first fit in the order of bins, sizes
 * and addresses is the best fit, so one ordered set replaces them. One stream.
 */
export class BfcArena extends ChunkAllocator {
  readonly kind = 'bfc'
  readonly #options: Required<BfcOptions>
  readonly #reserved = new Set<number>()
  /** size of the next region, unless the request is larger */
  #nextBytes: number
  /** the first region; shrinking keeps it where the arena grows by powers of two */
  #first = NONE

  constructor(device: Device, options: BfcOptions = {}) {
    super(device)
    this.#options = { ...DEFAULTS, ...options }
    const { limitBytes, initialChunkBytes } = this.#options
    this.#nextBytes = roundUp(Math.min(limitBytes, initialChunkBytes), UNIT)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const rounded = roundUp(bytes, UNIT)
    let chunk = this.unused.fit(rounded)
    if (chunk === NONE) {
      chunk = this.#extend(rounded)
      if (chunk === NONE) return this.layout.usage.failed(bytes, this.#available)
    } else {
      this.unused.remove(chunk)
    }
    const whole = this.layout.bytes[chunk]!
    if (whole >= 2 * rounded || whole - rounded >= this.#options.maxDeadBytesPerChunk) {
      if (whole > rounded) this.unused.add(this.layout.split(chunk, rounded))
    }
    this.layout.occupy(chunk, bytes)
    return chunk
  }

  /**
   * Allocates directly from the device, as for weights at load: not rounded, not limited, and
   * returned to the device when freed.
   */
  reserve(bytes: number): number {
    checkSize(bytes)
    const chunk = this.layout.open(bytes)
    if (chunk === NONE) return this.layout.usage.failed(bytes, this.#available)
    this.layout.occupy(chunk, bytes)
    this.#reserved.add(chunk)
    return chunk
  }

  override free(handle: number): void {
    this.layout.vacate(handle)
    if (this.#reserved.delete(handle)) this.layout.close(handle)
    else this.coalesce(handle)
  }

  /** Returns unused regions, as at the end of a run with that option. Returns the bytes. */
  override shrink(): number {
    let bytes = 0
    for (const region of this.layout.idle()) {
      if (region === this.#first && this.#options.extend === 'next-power-of-two') continue
      bytes += this.closeFree(region)
    }
    this.#nextBytes = this.#options.initialGrowthChunkBytes
    return bytes
  }

  /** Bytes that the limit and the device leave for further regions. */
  get #available(): number {
    const { device, usage } = this.layout
    return Math.max(0, Math.min(device.freeBytes, this.#options.limitBytes - usage.held))
  }

  /** Reserves a region of at least `rounded` bytes; -1 where there is no memory for it. */
  #extend(rounded: number): number {
    const left = this.#options.limitBytes - this.layout.usage.held
    const allowed = left === Number.POSITIVE_INFINITY ? left : left - (left % UNIT)
    if (rounded > allowed) return NONE
    let bytes = Math.min(this.#regionBytes(rounded), allowed)
    let chunk = this.layout.open(bytes)
    while (chunk === NONE) {
      // the original multiplies in single precision, and its rounding matters
      bytes = roundUp(Math.floor(Math.fround(Math.fround(bytes) * BACKPEDAL)), UNIT)
      if (bytes < rounded || bytes < LEAST_BACKPEDAL) return NONE
      chunk = this.layout.open(bytes)
    }
    if (this.#first === NONE) this.#first = chunk
    return chunk
  }

  #regionBytes(rounded: number): number {
    const { extend, maxPowerOfTwoExtendBytes: cap } = this.#options
    if (extend === 'same-as-requested') return rounded
    const before = this.#nextBytes
    while (this.#nextBytes < rounded) this.#nextBytes *= 2
    const bytes = this.#nextBytes
    // doubling stops at the cap; only a single larger request exceeds it
    if (bytes === before) this.#nextBytes = bytes < cap / 2 ? bytes * 2 : cap
    return bytes
  }
}
