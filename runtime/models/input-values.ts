import { stream } from '../../sim/kernel/index.ts'
import type { InputSpec } from './model-types.ts'
import type { NpyArray } from './npy.ts'
import { copyElements, elementsOfNumbers, type TensorData } from './tensor-data.ts'

/** A block of consecutive elements that belong to one request. */
export interface Block {
  /** where it begins in the tensor */
  readonly at: number
  readonly size: number
  /** of the positions before it, and of the request's key if the block lies within a request */
  readonly hash: number
  readonly key: number
  /** where it begins in a sample */
  readonly offset: number
}

/** Where the elements of an input come from. */
export interface InputValues {
  /** elements in a sample between two positions along an axis; 0 along the batch */
  readonly strides: readonly number[]
  /** positions that a sample has along an axis; beyond them lies padding */
  readonly extents: readonly number[]
  copy(to: TensorData, block: Block): void
}

/** Real samples, or the drawn or constant values that a scenario states. */
export function valuesOf(
  input: InputSpec,
  seed: number,
  samples: NpyArray | undefined,
): InputValues {
  if (samples !== undefined) return samplesOf(input, samples)
  if (Array.isArray(input.value)) {
    const data = elementsOfNumbers(input.type, Float64Array.from(input.value, Number))
    return samplesOf(input, { type: input.type, shape: [1, ...input.shape.map(Number)], data })
  }
  return tableOf(input, seed)
}

/** Values in the table that requests are cut from; a power of two. */
const TABLE_SIZE = 1 << 15

/**
 * Each block is copied from a table at an offset that its hash gives, so a key has the same values
 * in every batch and at every padded length.
 */
function tableOf(input: InputSpec, seed: number): InputValues {
  const table = elementsOfNumbers(
    input.type,
    Float64Array.from({ length: TABLE_SIZE }, drawOf(input, seed)),
  )
  return {
    strides: input.shape.map(() => 0),
    extents: input.shape.map(() => Number.POSITIVE_INFINITY),
    copy(to, { at, size, hash }) {
      let from = hash & (TABLE_SIZE - 1)
      for (let done = 0; done < size; ) {
        const part = Math.min(size - done, TABLE_SIZE - from)
        copyElements(table.subarray(from, from + part), to, at + done)
        done += part
        from = 0
      }
    },
  }
}

function drawOf({ name, type, fill, vocabulary, value }: InputSpec, seed: number): () => number {
  if (value !== undefined) return () => Number(value)
  if (fill === 'ones') return () => 1
  const random = stream(seed, 0, `feeds/${name}`)
  if (fill === 'tokens') {
    return () => (vocabulary > 1 ? 1 + random.integer(vocabulary - 1) : 0)
  }
  if (type === 'bool') return () => (random.normal() > 0 ? 1 : 0)
  return type.startsWith('uint') ? () => Math.abs(random.normal()) : () => random.normal()
}

/** Samples stand along the first axis; the other axes are those of the input without the batch. */
function samplesOf({ shape }: InputSpec, { shape: dims, data }: NpyArray): InputValues {
  const [count = 1, ...inner] = dims
  const sizes = [...inner]
  const extents = shape.map((size) =>
    size === 'batch' ? Number.POSITIVE_INFINITY : sizes.shift()!,
  )
  const strides = shape.map((size, axis) => {
    const below = extents.slice(axis + 1).filter(Number.isFinite)
    return size === 'batch' ? 0 : below.reduce((product, n) => product * n, 1)
  })
  const size = data.length / count
  return {
    strides,
    extents,
    copy(to, { at, size: length, key, offset }) {
      const from = (key % count) * size + offset
      copyElements(data.subarray(from, from + length), to, at)
    },
  }
}

/** What keeps samples from being the values of an input; null if nothing does. */
export function samplesProblem(input: InputSpec, { type, shape }: NpyArray): string | null {
  const wanted = input.shape.filter((size) => size !== 'batch')
  const [count, ...dims] = shape
  const fits =
    dims.length === wanted.length &&
    wanted.every((size, i) => size === dims[i] || (size === 'length' && dims[i]! > 0))
  if (type !== input.type) {
    return `expected values of type ${input.type}, got ${type}; convert them with x.astype('${input.type}')`
  }
  if (count !== undefined && count > 0 && fits) return null
  const text = ['n', ...wanted.map((size) => (size === 'length' ? 'any' : size))].join(', ')
  return `expected samples of shape (${text}), got (${shape.join(', ')})`
}
