import type { ActivationPlan } from './activation-plan.ts'
import { roundUp } from './allocator.ts'

/** `kAllocAlignment`: a plan rounds sizes to multiples of this, bytes */
const UNIT = 256

/** The buffers of a run of some shape, planned as one block. */
export interface BlockPlan {
  readonly bytes: number
  /** rounded size of each buffer by its number; undefined for those outside the block */
  readonly sizes: readonly (number | undefined)[]
  /** the traced shape */
  readonly size: number
  readonly length: number
}

interface Place {
  readonly buffer: number
  readonly offset: number
  readonly bytes: number
}

/**
 * Packs the buffers of one run into a block: each into the tightest gap between those in use at the
 * time, otherwise after the last (mem_pattern_planner.h, ONNX Runtime 1.30).
 */
export class BlockPlanner {
  /** buffers in use, by offset */
  readonly #places: Place[] = []
  readonly #sizes: (number | undefined)[] = []
  #bytes = 0

  take(buffer: number, requested: number): void {
    const bytes = roundUp(requested, UNIT)
    const places = this.#places
    const last = places.at(-1)
    let at = places.length
    let offset = last === undefined ? 0 : last.offset + last.bytes
    let waste = Number.POSITIVE_INFINITY
    let end = 0
    for (const [i, place] of places.entries()) {
      const gap = place.offset - end
      if (gap >= bytes && gap - bytes < waste) {
        waste = gap - bytes
        at = i
        offset = end
      }
      end = place.offset + place.bytes
    }
    places.splice(at, 0, { buffer, offset, bytes })
    this.#sizes[buffer] = bytes
    this.#bytes = Math.max(this.#bytes, offset + bytes)
  }

  free(buffer: number): void {
    const at = this.#places.findIndex((place) => place.buffer === buffer)
    if (at >= 0) this.#places.splice(at, 1)
  }

  plan(size: number, length: number): BlockPlan {
    return { bytes: this.#bytes, sizes: this.#sizes, size, length }
  }
}

/** Whether a buffer of `bytes` may use its place in the block of a plan. */
export function hasPlace({ sizes }: BlockPlan, buffer: number, bytes: number): boolean {
  return sizes[buffer] === roundUp(bytes, UNIT)
}

/**
 * The key of a plan in the cache of a session: the exclusive or of all sizes of all inputs.
 * Different shapes may share a key (session_state.cc, known as microsoft/onnxruntime #5930).
 */
export function patternKey(inputs: ActivationPlan['inputs'], size: number, length: number): number {
  let key = 0
  for (const dimension of inputs.flat()) {
    if (dimension === 'batch') key ^= size
    else key ^= dimension === 'length' ? length : dimension
  }
  return key
}
