import { expect, test } from 'vitest'
import { gridPoint, gridSize, parseDimension } from './dimensions.ts'

const values = (text: string) => {
  const parsed = parseDimension(`a.b=${text}`)
  return typeof parsed === 'string' ? parsed : parsed.values
}

test.each([
  ['1', ['1']],
  ['1,2, 4', ['1', '2', '4']],
  ['1..4', ['1', '2', '3', '4']],
  ['0..1:0.25', ['0', '0.25', '0.5', '0.75', '1']],
  ['0.1..0.3:0.1', ['0.1', '0.2', '0.3']],
  ['9007199254740990..9007199254740991', ['9007199254740990', '9007199254740991']],
  ['1..3,8,16', ['1', '2', '3', '8', '16']],
  ['[1,2],[3]', ['[1,2]', '[3]']],
  ['{ a: 1, b: [2, 3] },none', ['{ a: 1, b: [2, 3] }', 'none']],
  ['"a,b",c', ['"a,b"', 'c']],
])('the values of %s are read', (text, expected) => {
  expect(values(text)).toEqual(expected)
})

test.each([
  ['', 'expected values separated by commas'],
  ['1,,2', 'expected values separated by commas'],
  ['4..1', 'expected a range'],
  ['1..2:0', 'expected a range'],
  ['1..9999999', 'expected at most 1,000,000 values, got 9,999,999; name fewer values'],
  ['0..999999,1', 'expected at most 1,000,000 values, got 1,000,001'],
  [',,', 'expected values separated by commas'],
  ['1,2,1', 'expected each value once'],
])('the values %s are refused with the reason', (text, reason) => {
  expect(values(text)).toContain(reason)
})

// a search for each value among those before it takes ten minutes
test('a million values are read, and one of them that comes twice is found', () => {
  const read = values('1..1000000')
  expect(read).toHaveLength(1_000_000)
  expect(read.slice(-1)).toEqual(['1000000'])
  expect(values('1..999999,500000')).toBe('expected each value once, got "500000" twice')
})

test('a list of many values is read', () => {
  const list = Array.from({ length: 50_000 }, (_, i) => String(i))
  expect(values(list.join(','))).toEqual(list)
})

test('a reason is short, however long the text is', () => {
  const long = '1'.repeat(100_000)
  for (const text of [
    `${long}..1`,
    `${'.'.repeat(100_000)}x,,`,
    `${long},${long}`,
    `9..1${long}`,
  ]) {
    const reason = values(text)
    if (typeof reason === 'string') expect(reason.length).toBeLessThan(500)
  }
})

test('a grid has every combination once, and the last dimension changes first', () => {
  const grid = [
    { path: 'a', values: ['1', '2'] },
    { path: 'b', values: ['x', 'y', 'z'] },
  ]
  const points = Array.from({ length: gridSize(grid) }, (_, i) => gridPoint(grid, i).join(' '))
  expect(points).toEqual(['a=1 b=x', 'a=1 b=y', 'a=1 b=z', 'a=2 b=x', 'a=2 b=y', 'a=2 b=z'])
})
