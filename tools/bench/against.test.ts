import { expect, test } from 'vitest'
import { isWorse, MARGIN, verdictOn } from './against.ts'

test('a version is slower or faster where its whole interval is beyond the margin', () => {
  const verdict = (low: number, high: number) => verdictOn('speed', { value: 1, low, high })
  expect(verdict(0.9, 1 - MARGIN - 0.001)).toBe('slower')
  expect(verdict(1 + MARGIN + 0.001, 1.2)).toBe('faster')
  expect(verdict(1 - MARGIN + 0.001, 1 + MARGIN - 0.001)).toBe('as fast')
  expect(verdict(0.9, 1 - MARGIN + 0.001)).toBe('undecided')
  expect(verdict(0.99, 1.05)).toBe('undecided')
})

test('without an interval nothing is decided', () => {
  expect(verdictOn('speed', { value: 0.5, low: null, high: null })).toBe('undecided')
})

test('a slower version is worse, and one that allocates or holds more', () => {
  const ratio = (value: number) => ({ value, low: value, high: value })
  const worse = (quantity: 'speed' | 'memory' | 'bytes', value: number) => {
    const verdict = verdictOn(quantity, ratio(value))
    return isWorse({
      name: '',
      compared: [{ quantity, values: [1, value], ratio: ratio(value), verdict }],
    })
  }
  expect(worse('speed', 0.9)).toBe(true)
  expect(worse('speed', 1.1)).toBe(false)
  expect(worse('memory', 1.1)).toBe(true)
  expect(worse('memory', 0.9)).toBe(false)
  expect(worse('bytes', 1.1)).toBe(true)
  expect(worse('bytes', 1)).toBe(false)
})
