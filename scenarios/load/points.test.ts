import { expect, test } from 'vitest'
import { parsePoints } from './points.ts'

test('a list has a configuration a row; values with commas stand in quotes', () => {
  const text =
    '\ufeffpools.0.replicas, pools.0.batching\r\n2,none\r\n\r\n4,"{ policy: dynamic, max_batch: 8 }"\r\n'
  expect(parsePoints(text, 'points.csv')).toEqual({
    paths: ['pools.0.replicas', 'pools.0.batching'],
    rows: [
      ['2', 'none'],
      ['4', '{ policy: dynamic, max_batch: 8 }'],
    ],
  })
})

test.each([
  ['', /points\.csv: expected a header/],
  ['a.b\n', /points\.csv:1: expected a line for each configuration/],
  ['a.b,\n1,2\n', /points\.csv:1, column 2: expected a path .* got ""/],
  ['a.b,a.b\n1,2\n', /points\.csv:1, column 2: expected each path once/],
  ['a.b,c.d\n1\n', /points\.csv:2: expected 2 values as in the header, got 1/],
  ['a.b,c.d\n\n1,\n', /points\.csv:3, column 2 \(c\.d\): expected a value/],
  ['a.b\n1\n2\n1\n', /points\.csv:4: the same configuration as line 2/],
  ['a.b\n"1\n', /points\.csv:2: expected a closing quote/],
])('%j is refused with line and column', (text, reason) => {
  expect(() => parsePoints(text, 'points.csv')).toThrow(reason)
})

test('all problems are listed, up to a limit', () => {
  const rows = Array.from({ length: 30 }, (_, i) => `${i},`)
  const problems = () => parsePoints(`a.b,c.d\n${rows.join('\n')}\n`, 'points.csv')
  expect(problems).toThrow(/… and 10 more$/)
})
