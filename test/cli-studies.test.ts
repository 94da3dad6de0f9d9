import { expect, test } from 'vitest'
import { smokeRun, triedStudy } from './smoke-runs.ts'
import { temporaryFolder } from './spillway.ts'

/** Studies that simulate, each with few data. */

const folder = temporaryFolder()

test.each([
  'validate',
  'study:plan',
  'resampling',
  'bench',
  'digests',
  'docs:gallery',
  'articles',
  'articles accelerators',
  'articles fleet',
])('npm run %s has a smoke run', (words) => {
  const [script, ...args] = words.split(' ')
  return smokeRun(script!, ...args)
})

test.each([
  ['inputs 4 --seed 1', /4 inputs in .*, 0 failed/],
  ['kills 2 --seed 1 --command simulate', /2 kills in .*, 0 failed/],
  ['sweeps 1 --seed 1', /1 kills, \d+ sweeps completed in .*, 0 faults/],
])('npm run fuzz %s', async (words, expected) => {
  const save = words.startsWith('inputs') ? ['--save', folder] : []
  expect(await triedStudy('fuzz', ...words.split(' '), ...save)).toMatch(expected)
})
