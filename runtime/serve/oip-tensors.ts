import { type TensorType, tensorTypes } from '../../scenarios/index.ts'
import { elementsOf, elementsOfNumbers, halfValue } from '../models/index.ts'
import { kindOf } from './json-fields.ts'
import { RequestProblem } from './request-problem.ts'

/** Tensors of the Open Inference Protocol as JSON. */

/** Deeper lists hold no tensor that ONNX Runtime takes. */
const MOST_AXES = 32

interface JsonTensor {
  readonly type: TensorType
  /** elements that its shape has */
  readonly count: number
  /** where it is, for problems */
  readonly at: string
}

/**
 * The bytes of a tensor whose elements are in lists, flat or nested, in row-major order. Throws
 * `RequestProblem`.
 */
export function bytesOfJson(data: unknown, { type, count, at }: JsonTensor): Uint8Array {
  if (!Array.isArray(data)) {
    throw new RequestProblem(`${at}.data: expected a list, got ${kindOf(data)}`)
  }
  const numbers = new Float64Array(count)
  let filled = 0
  const add = (value: unknown, depth: number) => {
    if (Array.isArray(value)) {
      if (depth === MOST_AXES) throw new RequestProblem(`${at}.data: expected no deeper lists`)
      for (const item of value) add(item, depth + 1)
      return
    }
    if (filled === count) {
      throw new RequestProblem(`${at}.data: expected ${count} elements by its shape, got more`)
    }
    numbers[filled++] = numberOf(value, type, at)
  }
  add(data, 0)
  if (filled < count) {
    throw new RequestProblem(`${at}.data: expected ${count} elements by its shape, got ${filled}`)
  }
  const elements = elementsOfNumbers(type, numbers)
  return new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
}

function numberOf(value: unknown, type: TensorType, at: string): number {
  if (type === 'bool' && typeof value === 'boolean') return value ? 1 : 0
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new RequestProblem(`${at}.data: expected numbers, got ${kindOf(value)}`)
  }
  const range = tensorTypes[type]
  if (range === null) return value
  if (Number.isInteger(value) && value >= range.least && value <= range.most) return value
  const limits = `whole numbers from ${range.least} to ${range.most}`
  throw new RequestProblem(`${at}.data: expected ${limits} of ${type}, got ${value}`)
}

/** Elements as a flat list of JSON. Numbers that JSON lacks, such as NaN, are null. */
export function jsonOfBytes(type: TensorType, bytes: Uint8Array): string {
  // a copy is aligned to its elements
  const elements = elementsOf(type, Uint8Array.from(bytes))
  if (elements instanceof BigInt64Array || elements instanceof BigUint64Array) {
    return `[${elements.join(',')}]`
  }
  if (type === 'bool') return JSON.stringify(Array.from(elements, (value) => value !== 0))
  return JSON.stringify(Array.from(elements, type === 'float16' ? halfValue : Number))
}
