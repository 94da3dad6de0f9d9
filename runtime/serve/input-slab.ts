import { Failure } from '../../scenarios/index.ts'
import { bytesOf, requestDims, type SharedInputs } from '../models/index.ts'
import { copyBox } from './copy-box.ts'
import type { TensorSpec } from './served-model.ts'

/** Limit of all inputs of one model; the system gives memory to slots that are used. */
const MOST_BYTES = 2 ** 32

/**
 * Memory for the inputs of requests: executors build their batches from it. Throws `Failure` where
 * inputs are too large for so many requests. `model`: its name, for errors.
 */
export function inputMemory(
  inputs: readonly TensorSpec[],
  { slots, maxLength, model }: { slots: number; maxLength: number; model: string },
): SharedInputs {
  const sizes = inputs.map(
    ({ type, shape }) => bytesOf(type) * countOf(requestDims(shape, maxLength)),
  )
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  if (slots * bytes > MOST_BYTES) {
    const most = 2 ** Math.floor(Math.log2(MOST_BYTES / bytes))
    const text = `its inputs take ${bytes} bytes for a request, so ${slots} at once are too many`
    throw new Failure(`model ${model}: ${text}; use --max-requests ${most} at most`)
  }
  const regions = sizes.map((size) => new SharedArrayBuffer(slots * size))
  return { count: slots, length: maxLength, regions }
}

const countOf = (dims: readonly number[]) => dims.reduce((product, size) => product * size, 1)

/** Writes inputs of requests, each into its slot. */
export class InputSlab {
  readonly #inputs: readonly TensorSpec[]
  readonly #memory: SharedInputs
  readonly #regions: readonly Uint8Array[]

  constructor(inputs: readonly TensorSpec[], memory: SharedInputs) {
    this.#inputs = inputs
    this.#memory = memory
    this.#regions = memory.regions.map((region) => new Uint8Array(region))
  }

  /** `tensors`: row-major bytes of each input at the length of the request. */
  write(slot: number, length: number, tensors: readonly Uint8Array[]): void {
    for (const [i, { type, shape }] of this.#inputs.entries()) {
      const region = this.#regions[i]!
      const at = slot * (region.length / this.#memory.count)
      const dims = requestDims(shape, length)
      const to = { bytes: region, at, dims: requestDims(shape, this.#memory.length) }
      copyBox({ bytes: tensors[i]!, at: 0, dims }, to, { box: dims, width: bytesOf(type) })
    }
  }
}
