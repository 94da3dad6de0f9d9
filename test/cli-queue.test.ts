import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostileAnswers } from '../tools/fuzz/queue/hostile-answers.ts'
import { hostileJobs } from '../tools/fuzz/queue/hostile-jobs.ts'
import { killedWorkers } from '../tools/fuzz/queue/killed-workers.ts'
import { temporaryFolder } from './spillway.ts'
import { startValkey, type Valkey, valkeyServer } from './valkey.ts'

/** A fixed small share of `npm run fuzz -- queue` and `npm run fuzz -- queue-kills`. */

const SEED = 20261130
/** Longest time of a test on a busy machine, ms. */
const SLOW_MS = 300_000

const skip = valkeyServer === null && process.env.CI !== 'true'

describe.skipIf(skip)('a program with access to the server of a queue', () => {
  let valkey: Valkey
  beforeAll(async () => {
    valkey = await startValkey()
  })
  afterAll(() => valkey.stop())

  test(
    'ends no worker with jobs, and reads none of its files',
    async () => {
      const folder = temporaryFolder()
      const report = await hostileJobs(valkey.url, { folder, count: 60, seed: SEED })
      expect(report.faults).toEqual([])
      expect(report.honest).toBe(3)
      expect(report.answered).toBeGreaterThan(20)
    },
    SLOW_MS,
  )

  test(
    'puts no figures into a sweep that cannot be any',
    async () => {
      const folder = temporaryFolder()
      const report = await hostileAnswers(valkey.url, { folder, count: 40, seed: SEED })
      expect(report.faults).toEqual([])
      expect(report.named).toBeGreaterThan(20)
    },
    SLOW_MS,
  )

  test(
    'and kills workers costs a sweep no other row than those that are named',
    async () => {
      const folder = temporaryFolder()
      const options = { folder, configurations: 60, kills: 3, seed: SEED }
      const report = await killedWorkers(valkey.url, options)
      expect(report.faults).toEqual([])
      // on a busy machine every job may be taken before it is poisoned
      expect(report.kills).toBe(3)
      expect(report.rows + report.named).toBe(60)
    },
    SLOW_MS,
  )
})
