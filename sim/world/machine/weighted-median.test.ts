import fc from 'fast-check'
import { median } from 'simple-statistics'
import { expect, test } from 'vitest'
import { weightedMedian } from './weighted-median.ts'

test('equal weights of an odd number of values give their median', () => {
  const odd = fc
    .array(fc.integer(), { minLength: 1, maxLength: 21 })
    .filter(({ length }) => length % 2 === 1)
  fc.assert(
    fc.property(odd, (values) => {
      expect(weightedMedian(values.map((value) => [value, 3]))).toBe(median(values))
    }),
  )
})

test('a value with more than half of the weight is the median', () => {
  const values = [
    [1, 1],
    [7, 4],
    [9, 2],
  ] as const
  expect(weightedMedian(values)).toBe(7)
})

test('no values have none', () => {
  expect(weightedMedian([])).toBeUndefined()
})
