import { expect, test } from 'vitest'
import { MARGIN, speedVerdict } from './against.ts'

test('a version is slower or faster where its whole interval is beyond the margin', () => {
  const verdict = (low: number, high: number) => speedVerdict({ value: 1, low, high })
  expect(verdict(0.9, 1 - MARGIN - 0.001)).toBe('slower')
  expect(verdict(1 + MARGIN + 0.001, 1.2)).toBe('faster')
  expect(verdict(1 - MARGIN + 0.001, 1 + MARGIN - 0.001)).toBe('as fast')
  expect(verdict(0.9, 1 - MARGIN + 0.001)).toBe('undecided')
  expect(verdict(0.99, 1.05)).toBe('undecided')
})

test('without an interval nothing is decided', () => {
  expect(speedVerdict({ value: 0.5, low: null, high: null })).toBe('undecided')
})
