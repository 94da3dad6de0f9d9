import { expect, test } from 'vitest'
import { MissingRows, rangesText } from './missing-rows.ts'
import { planSweep } from './sweep-plan.ts'

const { manifest } = await planSweep({ path: 'overload', set: ['seed=1..6'], replications: 1 })

const rowsOf = (...numbers: number[]) => ({
  count: numbers.length,
  has: (number: number) => numbers.includes(number),
})

test('a sweep in which every configuration has a row lacks none', () => {
  expect(new MissingRows(manifest, 'out').failure(rowsOf(1, 2, 3, 4, 5, 6))).toBeNull()
})

test('every configuration without a row is named, also where nothing says why', () => {
  const missing = new MissingRows(manifest, 'out')
  missing.add(4, { problems: ['3 answers were none: no JSON'] })
  missing.add(5, { problems: ['3 answers were none: no JSON'] })
  expect(missing.failure(rowsOf(1, 3, 6))).toMatchObject({
    exitCode: 3,
    problems: [
      '3 of 6 configurations have no row: no. 2, 4–5',
      'configuration 4: 3 answers were none: no JSON',
      expect.stringMatching(/kept in out; .* --resume$/),
    ],
  })
})

test('a configuration that was not answered counts, whatever an earlier row of it says', () => {
  const missing = new MissingRows(manifest, undefined)
  missing.add(2, { problems: ['no text'] })
  const failure = missing.failure(rowsOf(1, 2, 3, 4, 5, 6))
  expect(failure!.problems[0]).toBe('1 of 6 configurations has no row: no. 2')
})

test('numbers in a row are a range, and a long list is cut', () => {
  expect(rangesText([1, 2, 3, 7, 9, 10])).toBe('1–3, 7, 9–10')
  const odd = Array.from({ length: 1500 }, (_, i) => 2 * i + 1)
  expect(rangesText(odd)).toMatch(/, 1999, and 500 more$/)
})
