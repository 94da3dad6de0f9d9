import { type InputValues, valuesOf } from './input-values.ts'
import { type InputSpec, requestDims } from './model-types.ts'
import { type NpyArray, readSamples } from './npy.ts'
import { Tensor } from './onnx-runtime.ts'
import { allocate, fillWithZeros, sharedElements, type TensorData } from './tensor-data.ts'

interface FeedsOptions {
  readonly seed: number
  /** samples by the path of their file */
  readonly samples?: ReadonlyMap<string, NpyArray>
}

/** Reads the samples of inputs and returns their feeds. Throws `Unreadable`. */
export async function openFeeds(
  inputs: readonly InputSpec[],
  options: FeedsOptions,
): Promise<Feeds> {
  const files = new Set(inputs.flatMap(({ file }) => file ?? []))
  const samples = new Map<string, NpyArray>()
  for (const file of files) samples.set(file, (await readSamples(file)).array)
  return new Feeds(inputs, { ...options, samples })
}

/** Inputs of `count` requests in memory that threads share, each at `length` in its free axes. */
export interface SharedInputs {
  readonly count: number
  readonly length: number
  /** of each input of the model: its requests, one after another */
  readonly regions: readonly SharedArrayBuffer[]
}

/** Feeds of what other threads write: a request is the one at its key, modulo their count. */
export function sharedFeeds(inputs: readonly InputSpec[], shared: SharedInputs): Feeds {
  const samples = new Map(
    inputs.map(({ name, type, shape }, i): [string, NpyArray] => {
      const data = sharedElements(type, shared.regions[i]!)
      return [name, { type, shape: [shared.count, ...requestDims(shape, shared.length)], data }]
    }),
  )
  const fed = inputs.map((input) => ({ ...input, file: input.name }))
  return new Feeds(fed, { seed: 0, samples })
}

/**
 * Real inputs for any batch, fast enough for the serving path. A key has the same values in every
 * batch and at every padded length. Padding is zero.
 *
 * The tensors reuse their buffers: run a batch before the next `build`.
 */
export class Feeds {
  readonly #inputs: readonly InputFeed[]

  constructor(inputs: readonly InputSpec[], { seed, samples }: FeedsOptions) {
    this.#inputs = inputs.map(
      (input) => new InputFeed(input, valuesOf(input, seed, samples?.get(input.file ?? ''))),
    )
  }

  /** Tensors for the first `batch` entries of `lengths` and `keys`, padded to `length`. */
  build(
    batch: number,
    length: number,
    lengths: Int32Array,
    keys: Uint32Array,
  ): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {}
    for (const input of this.#inputs) feeds[input.name] = input.build(batch, length, lengths, keys)
    return feeds
  }
}

/** A position in a walk over an input's dimensions. */
interface Place {
  /** next axis */
  readonly axis: number
  /** elements before this position */
  readonly at: number
  /** elements from here to the end of this block */
  readonly size: number
  /** -1 while the batch dimension is still ahead */
  readonly request: number
  /** greatest position along `length` so far; -1 before the first */
  readonly position: number
  readonly hash: number
  /** elements of a sample before this position */
  readonly offset: number
}

class InputFeed {
  readonly name: string
  readonly #type: InputSpec['type']
  readonly #shape: InputSpec['shape']
  /** first axis after the last free one: from there on a request's values are contiguous */
  readonly #fixedFrom: number
  readonly #values: InputValues
  #buffer: TensorData
  #dims: number[] = []
  #lengths: Int32Array = new Int32Array(0)
  #keys: Uint32Array = new Uint32Array(0)

  constructor(input: InputSpec, values: InputValues) {
    this.name = input.name
    this.#type = input.type
    this.#shape = input.shape
    this.#fixedFrom = input.shape.findLastIndex((size) => typeof size === 'string') + 1
    this.#values = values
    this.#buffer = allocate(input.type, 0)
  }

  build(batch: number, length: number, lengths: Int32Array, keys: Uint32Array): Tensor {
    const sizes = { batch, length }
    this.#dims = this.#shape.map((size) => (typeof size === 'number' ? size : sizes[size]))
    this.#lengths = lengths
    this.#keys = keys
    const size = this.#dims.reduce((product, n) => product * n, 1)
    if (this.#buffer.length < size) {
      this.#buffer = allocate(this.#type, Math.max(size, 2 * this.#buffer.length))
    }
    const whole = !this.#shape.includes('batch')
    this.#fill({ axis: 0, at: 0, size, request: whole ? 0 : -1, position: -1, hash: 0, offset: 0 })
    return new Tensor(this.#type, this.#buffer.subarray(0, size) as Float32Array, this.#dims)
  }

  #fill(place: Place): void {
    const { axis, at, size, request, position } = place
    if (request >= 0 && position >= this.#lengths[request]!) {
      fillWithZeros(this.#buffer, at, at + size)
    } else if (axis >= this.#fixedFrom) {
      this.#copy(place, size)
    } else if (request >= 0 && this.#shape[axis] === 'length' && axis + 1 >= this.#fixedFrom) {
      // common case: a request's values come first, then its padding
      const most = Math.min(this.#lengths[request]!, this.#values.extents[axis]!)
      const filled = (size / this.#dims[axis]!) * Math.min(most, this.#dims[axis]!)
      this.#copy(place, filled)
      fillWithZeros(this.#buffer, at + filled, at + size)
    } else this.#descend(place)
  }

  #descend(place: Place): void {
    const { axis } = place
    const kind = this.#shape[axis]
    const size = place.size / this.#dims[axis]!
    const [stride, extent] = [this.#values.strides[axis]!, this.#values.extents[axis]!]
    for (let i = 0; i < this.#dims[axis]!; i++) {
      const at = place.at + i * size
      if (i >= extent) {
        fillWithZeros(this.#buffer, at, place.at + place.size)
        return
      }
      const request = kind === 'batch' ? i : place.request
      const position = kind === 'length' ? Math.max(place.position, i) : place.position
      const hash = mixed(place.hash, kind === 'batch' ? this.#keys[i]! : i)
      const offset = place.offset + i * stride
      this.#fill({ axis: axis + 1, at, size, request, position, hash, offset })
    }
  }

  #copy({ at, request, hash, offset }: Place, size: number): void {
    const key = this.#keys[Math.max(request, 0)]!
    this.#values.copy(this.#buffer, { at, size, hash, key, offset })
  }
}

/** One round of MurmurHash3 (Appleby 2011), 32 bits. */
function mixed(hash: number, value: number): number {
  let k = Math.imul(value, 0xcc9e2d51)
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593)
  let h = hash ^ k
  h = Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  return (h ^ (h >>> 13)) >>> 0
}
