import { Tensor } from 'onnxruntime-node'
import { stream } from '../../sim/kernel/index.ts'
import { halvesOf } from './half.ts'
import type { InputSpec, TensorType } from './model-types.ts'

type Data = Float32Array | Uint16Array | Int32Array | BigInt64Array

/** Values in the table that requests are cut from; a power of two. */
const TABLE_SIZE = 1 << 15

/**
 * Real inputs for any batch, fast enough for the serving path. Each request's values are copied
 * from a table at an offset that hashes its key. So a key has the same values in every batch and at
 * every padded length. Padding is zero.
 *
 * The tensors reuse their buffers: run a batch before the next `build`.
 */
export class Feeds {
  readonly #inputs: readonly InputFeed[]

  constructor(inputs: readonly InputSpec[], options: { readonly seed: number }) {
    this.#inputs = inputs.map((input) => new InputFeed(input, options.seed))
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
}

class InputFeed {
  readonly name: string
  readonly #type: TensorType
  readonly #shape: InputSpec['shape']
  /** first axis after the last free one: from there on a request's values are contiguous */
  readonly #fixedFrom: number
  readonly #table: Data
  #buffer: Data
  #dims: number[] = []
  #lengths: Int32Array = new Int32Array(0)
  #keys: Uint32Array = new Uint32Array(0)

  constructor(input: InputSpec, seed: number) {
    this.name = input.name
    this.#type = input.type
    this.#shape = input.shape
    this.#fixedFrom = input.shape.findLastIndex((size) => typeof size === 'string') + 1
    this.#table = tableOf(input, seed)
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
    this.#fill({ axis: 0, at: 0, size, request: whole ? 0 : -1, position: -1, hash: 0 })
    return new Tensor(this.#type, this.#buffer.subarray(0, size) as Float32Array, this.#dims)
  }

  #fill(place: Place): void {
    const { axis, at, size, request, position } = place
    if (request >= 0 && position >= this.#lengths[request]!) {
      this.#buffer.fill(this.#zero(), at, at + size)
    } else if (axis >= this.#fixedFrom) {
      this.#copy(at, size, place.hash)
    } else if (request >= 0 && this.#shape[axis] === 'length' && axis + 1 >= this.#fixedFrom) {
      // common case: a request's values come first, then its padding
      const filled =
        (size / this.#dims[axis]!) * Math.min(this.#lengths[request]!, this.#dims[axis]!)
      this.#copy(at, filled, place.hash)
      this.#buffer.fill(this.#zero(), at + filled, at + size)
    } else this.#descend(place)
  }

  #descend(place: Place): void {
    const { axis } = place
    const kind = this.#shape[axis]
    const size = place.size / this.#dims[axis]!
    for (let i = 0; i < this.#dims[axis]!; i++) {
      const request = kind === 'batch' ? i : place.request
      const position = kind === 'length' ? Math.max(place.position, i) : place.position
      const hash = mixed(place.hash, kind === 'batch' ? this.#keys[i]! : i)
      this.#fill({ axis: axis + 1, at: place.at + i * size, size, request, position, hash })
    }
  }

  #zero(): never {
    return (this.#type === 'int64' ? 0n : 0) as never
  }

  /** Copies from the table, wrapping around at its end. */
  #copy(at: number, size: number, hash: number): void {
    let from = hash & (TABLE_SIZE - 1)
    for (let done = 0; done < size; ) {
      const part = Math.min(size - done, TABLE_SIZE - from)
      this.#buffer.set(this.#table.subarray(from, from + part) as never, at + done)
      done += part
      from = 0
    }
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

function allocate(type: TensorType, size: number): Data {
  if (type === 'int64') return new BigInt64Array(size)
  if (type === 'int32') return new Int32Array(size)
  return type === 'float16' ? new Uint16Array(size) : new Float32Array(size)
}

function tableOf(input: InputSpec, seed: number): Data {
  const random = stream(seed, 0, `feeds/${input.name}`)
  const draw = {
    normal: () => random.normal(),
    tokens: () => (input.vocabulary > 1 ? 1 + random.integer(input.vocabulary - 1) : 0),
    ones: () => 1,
  }[input.fill]
  const values = Float64Array.from({ length: TABLE_SIZE }, draw)
  if (input.type === 'int64') {
    return BigInt64Array.from(values, (value) => BigInt(Math.round(value)))
  }
  if (input.type === 'int32') return Int32Array.from(values)
  const floats = Float32Array.from(values)
  return input.type === 'float16' ? halvesOf(floats) : floats
}
