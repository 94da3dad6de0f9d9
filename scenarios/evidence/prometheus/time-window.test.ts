import { expect, test } from 'vitest'
import { parseWindow } from './time-window.ts'

const NOW_S = 1_795_996_800

test.each<[string, string | undefined, number, number]>([
  ['-1h', undefined, NOW_S - 3600, NOW_S],
  ['-1.5h', '-30m', NOW_S - 5400, NOW_S - 1800],
  ['-7d', 'now', NOW_S - 604_800, NOW_S],
  ['2026-11-29T00:00:00Z', '2026-11-29 01:00:00.5', NOW_S - 86_400, NOW_S - 82_799.5],
  ['2026-11-29T02:00:00+02:00', '1795996800.25', NOW_S - 86_400, NOW_S + 0.25],
])('from %s to %s is a window', (from, to, from_s, to_s) => {
  expect(parseWindow({ from, to, now_s: NOW_S })).toEqual({ from_s, to_s })
})

test.each<[string, string | undefined, string]>([
  ['yesterday', undefined, 'from: expected a time such as -1h, 2026-11-30T12:00:00Z or s since'],
  ['-1h', '5', 'to: expected a time such as -1h'],
  ['-1y', undefined, 'from: expected a time such as -1h'],
  ['2026-02-30T00:00:00Z', undefined, 'from: expected a time such as -1h'],
  ['1e99', undefined, 'from: expected a time such as -1h'],
  ['now', undefined, 'from: expected a time before now, got "now"'],
  ['-1h', '-2h', 'from: expected a time before -2h, got "-1h"'],
])('from %s to %s is refused', (from, to, problem) => {
  expect(() => parseWindow({ from, to, now_s: NOW_S })).toThrow(problem)
})
