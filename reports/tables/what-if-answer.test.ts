import { expect, test } from 'vitest'
import { sampleComparison } from '../sample-comparison.test-helper.ts'
import { comparisonText } from '../terminal/comparison-text.ts'
import { whatIfAnswer } from './what-if-answer.ts'

const whatIf = sampleComparison().what_if!

test('the whole interval of a ratio decides between better and worse', () => {
  const words = (low: number | null, high: number | null) => {
    const measured = { value: 1, low, high, n: 400 }
    const percentiles = [{ ...whatIf.percentiles[0]!, p: 0.5, measured }]
    return whatIfAnswer({ ...whatIf, percentiles })
      .split(', ')
      .at(-1)
  }
  expect(words(1.01, 1.2)).toBe('worse')
  expect(words(0.7, 0.99)).toBe('better')
  expect(words(0.9, 1.2)).toBe('no difference shown')
  expect(words(0.98, 1.04)).toBe('about the same')
  expect(words(null, null)).toBe('no interval')
})

test('it leads the text of a comparison, with the usual percentiles', () => {
  const [first, , verdict] = comparisonText(sampleComparison()).split('\n')
  expect(first).toBe(
    'B against A: p50 0.284× [0.279, 0.289], better; p95 0.55× [0.52, 0.59], better; p99 0.68× [0.56, 0.80], better',
  )
  expect(verdict).toMatch(/^PASS {2}/)
})

test('without a supported percentile there is no answer', () => {
  expect(whatIfAnswer({ ...whatIf, percentiles: [] })).toBe(
    'B against A: the sample supports no percentile',
  )
})
