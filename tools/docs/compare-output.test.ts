import { describe, expect, test } from 'vitest'
import { currentOutput, differences, exact, live } from './compare-output.ts'

const linesOf = (text: string) => text.split('\n')
const differ = (shown: string, printed: string, comparison = exact) =>
  differences(linesOf(shown), linesOf(printed), comparison)

describe('letter by letter', () => {
  test('a changed figure is found at its line, with what was printed', () => {
    expect(differ('p50  1 ms\np90  2 ms\np99  3 ms', 'p50  1 ms\np90  4 ms\np99  3 ms')).toEqual([
      { at: 1, shown: ['p90  2 ms'], printed: ['p90  4 ms'] },
    ])
  })

  test('a missing line and a further one are found', () => {
    expect(differ('a\nb', 'a')).toEqual([{ at: 1, shown: ['b'], printed: [] }])
    expect(differ('a\nc', 'a\nb\nc')).toEqual([{ at: 1, shown: [], printed: ['b'] }])
  })

  test('an elision stands for any lines, also none', () => {
    for (const printed of ['a\nz', 'a\nb\nz', 'a\nb\nz\nz']) {
      expect(differ('a\n…\nz', printed)).toEqual([])
    }
    expect(differ('…', 'a\nb')).toEqual([])
    expect(differ('…\nb\n…', 'a\nb')).toEqual([])
    expect(differ('a\n…\nz', 'a\nb')).toHaveLength(1)
  })
})

describe('live', () => {
  test.each([
    ['figures and spaces', 'p50   2.87 [2.80, 2.99] ms', 'p50  12 [9, 16] ms'],
    ['units', 'longest 15.5 ms', 'longest 0.2 s'],
    ['an interval that is missing', 'fp32  19 [16, 23] ms', 'fp32  19 ms'],
    ['a figure that is missing', 'p99  – goodput', 'p99  1,240 ms goodput'],
    ['signs', 'drift −5.5 %', 'drift +0.1 %'],
    ['verdicts', 'structure  PASS / UNDECIDED', 'structure  FAIL / –'],
    ['ratios without a difference', 'int8  0.9 [0.4, 1.6] =  1.2', 'int8  0.64 [0.48, 0.87]  1.2'],
    ['times and hashes', '2026-11-27T17:06:21.158Z,8a1f09c,8.6', '2025-01-02T03:04:05Z,12345ab,1'],
    ['the reason of another verdict', 'PASS  all rules kept', 'FAIL  order: 2 violations'],
    [
      'another reason of the same verdict',
      'FAIL  order: 2 violations',
      'FAIL  padding: 2 violations',
    ],
    [
      'such a reason that is left out',
      'audit  PASS  29 rules …',
      'audit  FAIL  order: 2 violations',
    ],
    [
      'the rest of a line',
      'prediction  PASS  most replays …',
      'prediction  FAIL  most replays fail',
    ],
  ])('%s may differ', (_, shown, printed) => {
    expect(differ(shown, printed, live)).toEqual([])
  })

  test.each([
    ['a word', '3 replays of 2 s', '3 rehearsals of 2 s'],
    ['a figure in a name', 'p95  3 ms', 'p99  3 ms'],
    ['a name with a figure', 'batch-8  3 ms', 'batch-32  3 ms'],
    ['a further figure', 'p50  3 ms  4 ms', 'p50  3 ms'],
    ['the rest of a line that begins otherwise', 'noise floor …', 'structure error'],
  ])('%s may not', (_, shown, printed) => {
    expect(differ(shown, printed, live)).toHaveLength(1)
  })

  test('the row of a percentile that a sample does not support may be missing', () => {
    expect(differ('p50  3 ms\np95  4 ms\nend', 'p50  3 ms\nend', live)).toEqual([])
    expect(differ('p50  3 ms\np95  4 ms\nend', 'p50  3 ms\nend')).toHaveLength(1)
    expect(differ('p50  3 ms\np95  4 ms\nend', 'end', live)).toHaveLength(1)
    expect(differ('p50  3 ms\nrest  4 ms\nend', 'p50  3 ms\nend', live)).toHaveLength(1)
  })
})

describe('what the page should show now', () => {
  const now = (shown: string, printed: string, comparison = exact) =>
    currentOutput(linesOf(shown), linesOf(printed), comparison).join('\n')

  test('the whole output, if nothing is left out', () => {
    expect(now('a 1', 'a 2\nb 3')).toBe('a 2\nb 3')
  })

  test('elisions stay where each line still has one that begins alike', () => {
    const printed = 'head\nx 1\ny 2\nx 3\nz 4\nfoot'
    expect(now('head\n…\nx 9\nz 9\n…', printed)).toBe('head\n…\nx 3\nz 4\n…')
  })

  test('the whole output, if a line has none', () => {
    expect(now('head\n…\nw 9', 'head\nx 1')).toBe('head\nx 1')
  })

  test('the rest of a live line stays left out', () => {
    const printed = 'prediction  UNDECIDED  most replays are within'
    expect(now('prediction  PASS  most …', printed, live)).toBe('prediction  UNDECIDED  most …')
  })
})
