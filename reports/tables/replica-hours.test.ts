import { expect, test } from 'vitest'
import { hoursOf, replicaHourRows } from './replica-hours.ts'

/** 120 intervals of a minute, of which the second hour needs twice as much. */
const USE = {
  name: 'cards',
  every_s: 60,
  needed: Array.from({ length: 120 }, (_, i) => (i < 60 ? 1 : 2)),
  paid: Array<number>(120).fill(4),
}

test('needed and idle replica-hours add up to those that are paid for, hour by hour', () => {
  const rows = replicaHourRows(USE)
  expect(rows.map(({ name }) => name)).toEqual([
    'cards, hour 0 to 1',
    'cards, hour 1 to 2',
    'cards, all',
  ])
  const figures = rows.map(({ hours: { paid, needed, idle } }) => [paid, needed, idle])
  const expected = [
    [4, 1, 3],
    [4, 2, 2],
    [8, 3, 5],
  ]
  for (const [i, row] of figures.entries()) {
    for (const [j, value] of row.entries()) expect(value).toBeCloseTo(expected[i]![j]!, 9)
  }
})

test('a backlog that needs more than is paid for takes no idle hours of another time away', () => {
  const { needed, idle, paid } = hoursOf({ ...USE, needed: USE.needed.map((n) => (n > 1 ? 9 : 1)) })
  expect([paid, needed, idle].map((hours) => Number(hours.toFixed(9)))).toEqual([8, 10, 3])
})

test('a week has no more rows than a day', () => {
  const week = { ...USE, every_s: (7 * 86_400) / 120 }
  expect(replicaHourRows(week)).toHaveLength(25)
  expect(replicaHourRows({ ...USE, every_s: 10 })).toHaveLength(1)
})
