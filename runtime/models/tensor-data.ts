import type { TensorType } from '../../scenarios/index.ts'
import { halvesOf } from './half.ts'

/** How ONNX Runtime takes the elements of each type in Node; float16 as its bits. */
const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<TensorType, unknown>

export type TensorData = InstanceType<(typeof ARRAYS)[TensorType]>

export function allocate(type: TensorType, size: number): TensorData {
  return new ARRAYS[type](size)
}

/** The same bytes as elements. They must be aligned to their size. */
export function elementsOf(type: TensorType, bytes: Uint8Array<ArrayBuffer>): TensorData {
  const { BYTES_PER_ELEMENT: width } = ARRAYS[type]
  return new ARRAYS[type](bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / width))
}

/** The same for memory that threads share, from its beginning. */
export function sharedElements(type: TensorType, memory: ArrayBufferLike): TensorData {
  return new ARRAYS[type](memory as ArrayBuffer)
}

/** Numbers as elements of a type, rounded where it holds whole numbers. */
export function elementsOfNumbers(type: TensorType, numbers: Float64Array): TensorData {
  if (type === 'float16') return halvesOf(Float32Array.from(numbers))
  const data = allocate(type, numbers.length)
  if (isOfBigInts(data)) {
    for (const [i, value] of numbers.entries()) data[i] = BigInt(Math.round(value))
  } else if (type === 'float32' || type === 'float64') data.set(numbers)
  else for (const [i, value] of numbers.entries()) data[i] = Math.round(value)
  return data
}

export const bytesOf = (type: TensorType): number => ARRAYS[type].BYTES_PER_ELEMENT

type BigInts = Extract<TensorData, BigInt64Array | BigUint64Array>

const isOfBigInts = (data: TensorData): data is BigInts =>
  data instanceof BigInt64Array || data instanceof BigUint64Array

export function fillWithZeros(data: TensorData, from: number, to: number): void {
  if (isOfBigInts(data)) data.fill(0n, from, to)
  else data.fill(0, from, to)
}

/** Copies elements of the same type to a place of another array. */
export function copyElements(from: TensorData, to: TensorData, at: number): void {
  if (isOfBigInts(from) && isOfBigInts(to)) to.set(from, at)
  else if (!isOfBigInts(from) && !isOfBigInts(to)) to.set(from, at)
  else throw new Error('Expected `from` and `to` to have elements of one type')
}
