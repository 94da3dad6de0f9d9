import { expect, test } from 'vitest'
import { halfBits } from './half.ts'
import { halfValue, outputDifference } from './output-difference.ts'

const output = (dims: number[], ...values: number[]) => ({
  dims,
  values: Float64Array.from(values),
})

test('cosine is 1 for the same direction, 0 for a right angle, and 1 for two outputs of zeros', () => {
  expect(outputDifference(output([2], 1, 2), output([2], 2, 4))!.cosine).toBeCloseTo(1, 12)
  expect(outputDifference(output([2], 1, 0), output([2], 0, 3))!.cosine).toBe(0)
  expect(outputDifference(output([2], 0, 0), output([2], 0, 0))!.cosine).toBe(1)
})

test('top-1 is counted by rows of the last axis', () => {
  const [a, b] = [output([2, 3], 1, 2, 3, 9, 0, 1), output([2, 3], 0, 5, 1, 8, 1, 2)]
  expect(outputDifference(a, b)).toMatchObject({ rows: 2, sameTop: 1 })
})

test('outputs of other shapes are not compared', () => {
  expect(outputDifference(output([2, 1], 1, 2), output([1, 2], 1, 2))).toBeNull()
})

test('every float16 has the value that rounds back to it', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = halfValue(bits)
    if (!Number.isNaN(value)) expect(halfBits(value)).toBe(bits)
  }
})
