import { expect, test } from 'vitest'
import { smokeRun, triedStudy } from './smoke-runs.ts'

/** Studies that simulate, each with few data. */

test.each([
  'validate',
  'study:plan',
  'study:uncertainty',
  'study:uncertain-plans',
  'resampling',
  'bench',
  'bench --against HEAD',
  'digests',
  'docs:gallery',
  'articles',
  'articles accelerators',
  'articles fleet',
])('npm run %s has a smoke run', (words) => {
  const [script, ...args] = words.split(' ')
  return smokeRun(script!, ...args)
})

// what it does stands in cli-fuzz and cli-sweep, as each run of it calibrates and replays first
test('npm run fuzz starts', async () => {
  expect(await triedStudy('fuzz', '--help')).toMatch(/^Usage: npm run fuzz/)
})
