import { expect, test } from 'vitest'
import { fuzzServers } from '../tools/hostile/hostile-servers.ts'

/** A fixed small share of `npm run hostile -- servers`. */

const SEED = 20261206
const CALLS = 200

test('calls to a hostile server end in time, each as it should', async () => {
  const { findings, ends, mutations } = await fuzzServers({ seed: SEED, count: CALLS })
  expect(findings).toEqual([])
  // meaningful only if some answers are right, and others wrong in many ways
  const kinds = ['answer', 'connection lost', 'right', 'status', 'time-out', 'unopened']
  expect([...ends.keys()].sort()).toEqual(kinds)
  expect([...ends.values()].reduce((sum, count) => sum + count, 0)).toBe(CALLS)
  expect(mutations.size).toBeGreaterThan(60)
})
