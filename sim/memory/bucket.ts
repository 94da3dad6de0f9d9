import { checkSize, roundUp } from './allocator.ts'
import { ChunkAllocator } from './chunk-allocator.ts'
import type { Device } from './device.ts'

const NONE = -1
/** sizes beyond the largest bucket are multiples of this */
const UNIT = 16

/** Size of a bucket, bytes, and how many free buffers it keeps. */
export type Bucket = readonly [bytes: number, keeps: number]

/** ONNX Runtime's table (core/providers/webgpu/buffer_manager.cc). */
const WEBGPU_BUCKETS: readonly Bucket[] = Object.freeze([
  [64, 250],
  [128, 200],
  [256, 200],
  [512, 200],
  [2048, 230],
  [4096, 200],
  [8192, 50],
  [16_384, 50],
  [32_768, 50],
  [65_536, 50],
  [131_072, 50],
  [262_144, 50],
  [524_288, 50],
  [1_048_576, 50],
  [2_097_152, 30],
  [4_194_304, 20],
  [8_388_608, 10],
  [12_582_912, 10],
  [16_777_216, 10],
  [26_214_400, 15],
  [33_554_432, 22],
  [44_236_800, 2],
  [58_982_400, 6],
  [67_108_864, 6],
  [134_217_728, 6],
  [167_772_160, 6],
])

/**
 * Size classes: a request gets a buffer of the next size in the table, or of its own size beyond
 * the table. Freed buffers stay in their bucket up to its limit. This is the buffer cache of ONNX
 * Runtime's WebGPU provider. There, buffers return when their queue was submitted; here, at once. A
 * buffer is a region.
 */
export class BucketCache extends ChunkAllocator {
  readonly kind = 'bucket'
  readonly #buckets: readonly Bucket[]
  /** free buffers of each bucket */
  readonly #kept: Int32Array

  /** `buckets` rise in size. */
  constructor(device: Device, buckets: readonly Bucket[] = WEBGPU_BUCKETS) {
    super(device)
    this.#buckets = buckets
    this.#kept = new Int32Array(buckets.length)
  }

  allocate(bytes: number): number {
    checkSize(bytes)
    const bucket = this.#bucketOf(bytes)
    const size = this.#buckets[bucket]?.[0] ?? roundUp(bytes, UNIT)
    let buffer = NONE
    if (bucket < this.#buckets.length && this.#kept[bucket]! > 0) {
      buffer = this.unused.fit(size)
      this.unused.remove(buffer)
      this.#kept[bucket]!--
    } else {
      buffer = this.layout.open(size)
      if (buffer === NONE) return this.layout.usage.failed(bytes, this.layout.device.freeBytes)
    }
    this.layout.occupy(buffer, bytes)
    return buffer
  }

  override free(handle: number): void {
    this.layout.vacate(handle)
    const size = this.layout.bytes[handle]!
    const bucket = this.#bucketOf(size)
    if (this.#buckets[bucket]?.[0] === size && this.#kept[bucket]! < this.#buckets[bucket]![1]) {
      this.#kept[bucket]!++
      this.unused.add(handle)
    } else {
      this.layout.close(handle)
    }
  }

  /** Returns all buffers kept in buckets to the device. Returns the bytes. */
  override shrink(): number {
    let bytes = 0
    for (const buffer of this.layout.idle()) bytes += this.closeFree(buffer)
    this.#kept.fill(0)
    return bytes
  }

  /** Index of the first bucket whose buffers have `bytes` or more; one past the last for none. */
  #bucketOf(bytes: number): number {
    let low = 0
    let high = this.#buckets.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#buckets[middle]![0] < bytes) low = middle + 1
      else high = middle
    }
    return low
  }
}
