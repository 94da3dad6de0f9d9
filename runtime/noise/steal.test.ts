import { expect, test } from 'vitest'
import { parseTicks, stealOf } from './steal.ts'

const stat = (steal: number) =>
  parseTicks(
    [
      `cpu  300 0 100 500 0 0 0 ${steal} 0 0`,
      'cpu0 100 0 50 250 0 0 0 0 0 0',
      `cpu1 200 0 50 250 0 0 0 ${steal} 7 7`,
      'intr 5 1 2',
    ].join('\n'),
  )

test('steal is a share of all ticks, of one core or of all; guests are not counted twice', () => {
  const [before, after] = [stat(0), stat(100)]
  expect(after.get('cpu1')).toEqual({ total: 600, stolen: 100 })
  expect(stealOf(before, after, 1)).toBe(1)
  expect(stealOf(new Map([['cpu1', { total: 100, stolen: 50 }]]), after, 1)).toBe(0.1)
  expect(stealOf(before, after, null)).toBe(1)
})

test('steal is unknown without ticks: on another system, of a core that is absent, in no time', () => {
  expect(stealOf(new Map(), new Map(), null)).toBe(null)
  expect(stealOf(stat(0), stat(1), 5)).toBe(null)
  expect(stealOf(stat(0), stat(0), 0)).toBe(null)
  expect(parseTicks('cpu 1 2 3').size).toBe(0)
})
