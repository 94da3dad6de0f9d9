import { expect, test } from 'vitest'
import { significant } from './significant.ts'

test('a number has its digits, and never an exponent', () => {
  const texts = (digits: number, ...values: readonly number[]) =>
    values.map((value) => significant(value, digits))
  expect(texts(2, 0.1, 1, 9.96, 12.3, 99.6, 100, 123, 12_345)).toEqual([
    '0.10',
    '1.0',
    '10',
    '12',
    '100',
    '100',
    '120',
    '12,000',
  ])
  expect(texts(3, 0.01234, 2.5, 999.6, 1234.5)).toEqual(['0.0123', '2.50', '1,000', '1,230'])
  expect(texts(2, 0, -12.34, 1e-9)).toEqual(['0', '-12', '0.0000000010'])
  expect(texts(2, Number.POSITIVE_INFINITY, Number.NaN)).toEqual(['Infinity', 'NaN'])
})
