import { expect, test } from 'vitest'
import { caseVerdict } from './gate-document.ts'
import { best, byVerdict, rankOf, worst, worstOrNull } from './verdicts.ts'

test('every verdict has a rank of its own, and the best has 0', () => {
  const ranks = caseVerdict.options.map(rankOf)
  expect(ranks.toSorted()).toEqual([0, 1, 2, 3, 4, 5])
  expect(rankOf('PASS')).toBe(0)
})

test('of several verdicts the worst decides, whatever their order', () => {
  expect(worst(['PASS', 'NEW', 'IMPROVED'])).toBe('NEW')
  expect(worst(['PASS', 'UNDECIDED', 'NOT COMPARABLE'])).toBe('NOT COMPARABLE')
  expect(worst(['NOT COMPARABLE', 'FAIL'])).toBe('FAIL')
  expect(worst(['PASS', 'IMPROVED'])).toBe('IMPROVED')
  expect(worst(['PASS', 'UNDECIDED', 'FAIL'])).toBe('FAIL')
  expect(worst(['PASS', 'UNDECIDED'])).toBe('UNDECIDED')
})

test('where one of several is to be chosen the best decides', () => {
  expect(best(['FAIL', 'UNDECIDED', 'PASS'])).toBe('PASS')
  expect(best(['FAIL', 'UNDECIDED'])).toBe('UNDECIDED')
})

test('of no verdicts the worst is UNDECIDED, or none', () => {
  expect(worst([])).toBe('UNDECIDED')
  expect(worstOrNull([])).toBeNull()
  expect(best([])).toBeNull()
})

test('the worst is sorted first', () => {
  const sorted = ['PASS', 'FAIL', 'IMPROVED', 'UNDECIDED'] as const
  expect(sorted.toSorted(byVerdict)).toEqual(['FAIL', 'UNDECIDED', 'IMPROVED', 'PASS'])
})
