import { expect, test } from 'vitest'
import { tailsFinding } from './compared-tails.ts'

const tail = (factor: number) =>
  [0.5, 0.9, 0.95, 0.99].map((p) => ({ p, value: factor * (1 + p), low: null, high: null }))

test('tails of served requests are named so where requests were lost', () => {
  const tails = [
    { phrase: 'as it is', tail: tail(100) },
    { phrase: 'with round robin', tail: tail(200) },
  ]
  expect(tailsFinding(tails, false)).toBe('p99 is 200 ms as it is and 400 ms with round robin')
  expect(tailsFinding(tails, true)).toBe(
    'p99 of the served requests is 200 ms as it is and 400 ms with round robin',
  )
})

test('the title has the figure of the tables, where the curve is another mean over runs', () => {
  const tails = [
    { phrase: 'as it is', tail: tail(100), figure: (p: number) => (p === 0.99 ? 212 : null) },
    { phrase: 'with round robin', tail: tail(200), figure: () => null },
  ]
  expect(tailsFinding(tails, false)).toBe('p99 is 210 ms as it is and 400 ms with round robin')
})
