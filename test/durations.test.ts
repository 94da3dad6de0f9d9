import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  coarse,
  durationLines,
  durationsText,
  expectedSeconds,
  type FileDuration,
  recordDurations,
  recordedDurations,
} from './durations.ts'
import { temporaryFolder } from './spillway.ts'

const file = (seconds: number, assertions = 3): FileDuration => ({
  project: 'unit',
  seconds,
  tests: 1,
  assertions,
})

test.each([
  [0.6, 0],
  [0.8, 1],
  [1.4, 1],
  [1.5, 2],
  [3.1, 2],
  [3.2, 5],
  [8, 10],
  [47, 50],
  [432, 500],
])('%f s are recorded as %i', (seconds, recorded) => {
  expect(coarse(seconds)).toBe(recorded)
})

test('the record is sorted, one line a file', () => {
  expect(durationsText({ 'b.test.ts': file(11), 'a.test.ts': file(0.1) })).toBe(`{
  "a.test.ts": {"project":"unit","seconds":0,"tests":1,"assertions":3},
  "b.test.ts": {"project":"unit","seconds":10,"tests":1,"assertions":3}
}
`)
})

test('a run replaces what it ran, keeps the rest, and drops files that are gone', () => {
  const root = temporaryFolder()
  mkdirSync(join(root, 'test'))
  expect(recordedDurations(root)).toEqual({})
  writeFileSync(join(root, 'kept.test.ts'), '')
  recordDurations(root, { 'kept.test.ts': file(5), 'gone.test.ts': file(5) })
  recordDurations(root, { 'new.test.ts': file(2) })
  expect(recordedDurations(root)).toEqual({ 'kept.test.ts': file(5), 'new.test.ts': file(2) })
})

test('a file that is not recorded starts before all others', () => {
  const durations = { 'long.test.ts': file(500) }
  expect(expectedSeconds(durations, 'long.test.ts')).toBe(500)
  expect(expectedSeconds(durations, 'new.test.ts')).toBeGreaterThan(500)
})

test('a run ends with its assertions and its slowest files', () => {
  const durations = { 'a.test.ts': file(1.26, 1200), 'b.test.ts': file(30), 'c.test.ts': file(0.9) }
  expect(durationLines(durations)).toEqual([
    '1,206 assertions, 3 tests, 3 files, 32 s in all files',
    '   30.0 s  b.test.ts',
    '    1.3 s  a.test.ts',
  ])
  expect(durationLines(durations, 1)).toHaveLength(2)
})
