import { expect, test } from 'vitest'
import { textWidth, wrap } from './text-width.ts'

test('lines are no wider than the limit, and no word is lost', () => {
  const text = 'Simulated and measured tails agree; one replay of three left the band above p95'
  const lines = wrap(text, 200, 15, true)
  expect(lines.length).toBeGreaterThan(2)
  for (const line of lines) expect(textWidth(line, 15, true)).toBeLessThanOrEqual(200)
  expect(lines.join(' ')).toBe(text)
})

test('old and new value of a change stay on one line', () => {
  expect(wrap('max_batch 8 → 2 and 4 → 16', 1, 12)).toEqual(['max_batch', '8 → 2', 'and', '4 → 16'])
})

test('a number and its unit stay on one line', () => {
  const text = 'p99 is 12 ms of 99.5 % at 15 s there'
  for (let width = 1; width < 300; width++) {
    const lines = wrap(text, width, 12)
    expect(lines.join(' ')).toBe(text)
    for (const line of lines) expect(line).not.toMatch(/^(ms|%|s)(?!\w)/)
  }
  // where even single words are too wide, only numbers with their units stand together
  expect(wrap(text, 1, 12)).toEqual(['p99', 'is', '12 ms', 'of', '99.5 %', 'at', '15 s', 'there'])
})
