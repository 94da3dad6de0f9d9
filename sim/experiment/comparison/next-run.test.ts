import { describe, expect, test } from 'vitest'
import { exp, Random } from '../../kernel/index.ts'
import { percentile } from '../../stats/index.ts'
import { runReplication } from '../index.ts'
import { DYNAMIC, type KnownRun, knownRun } from './known-machine.test-helper.ts'
import { knownInput, knownProfile } from './known-profile.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import { nextRun } from './next-run.ts'
import { band } from './prediction-check.ts'

/** How much faster or slower a day is than another one, as the deviation of a logarithm. */
const BETWEEN = 0.05
/** Of the two chances of a figure on the same day, its requests being given. */
const WITHIN = 0.02
const REPLICATIONS = 40

/** The share of next runs that both intervals hold, where figures are lognormal. */
function coverage(
  recordings: number,
  trials: number,
  { replications = REPLICATIONS, between = BETWEEN } = {},
) {
  const random = new Random(`next runs ${recordings}`)
  const scattered = (scatter: number) => scatter * random.normal()
  let [held, heldByRuns] = [0, 0]
  for (let trial = 0; trial < trials; trial++) {
    const days = Array.from({ length: recordings }, () => scattered(between))
    const mean = days.reduce((sum, day) => sum + day, 0) / recordings
    const spread = Math.sqrt((recordings + 1) / (recordings - 1))
    const values = Array.from({ length: replications }, (_, i) => {
      const day = days[i % recordings]!
      return 10 * exp(mean + spread * (day - mean) + scattered(WITHIN))
    })
    const next = 10 * exp(scattered(between) + scattered(WITHIN))
    const isIn = ({ low, high }: { readonly low: number | null; readonly high: number | null }) =>
      next >= low! && next <= high!
    if (isIn(nextRun(values, recordings))) held++
    if (isIn(band(values, 1))) heldByRuns++
  }
  return { held: held / trials, heldByRuns: heldByRuns / trials }
}

describe('the interval of a next run holds 93 to 97 % of them', () => {
  test.each([3, 4, 6, 10])(
    'with %i recordings; the middle of the runs holds fewer',
    (recordings) => {
      const { held, heldByRuns } = coverage(recordings, 4000)
      expect(held).toBeGreaterThan(0.93)
      expect(held).toBeLessThan(0.97)
      expect(heldByRuns).toBeLessThan(recordings < 10 ? 0.9 : 0.94)
    },
  )
})

describe('where no recording has two runs, the interval holds 95 % at least', () => {
  test.each([
    [3, 3],
    [4, 4],
    [6, 6],
    [10, 10],
    [10, 5],
  ])('of %i recordings and %i runs', (recordings, replications) => {
    // chance alone is the worst case, as nothing shows it
    const chance = coverage(recordings, 8000, { replications, between: 0 }).held
    expect(chance).toBeGreaterThan(0.94)
    expect(chance).toBeLessThan(0.965)
    // it is too wide where recordings differ more than chance does
    const days = coverage(recordings, 8000, { replications }).held
    expect(days).toBeGreaterThan(0.94)
    expect(days).toBeLessThan(0.99)
  })
})

test('with one recording nothing shows how runs differ: the interval is that of chance', () => {
  const random = new Random('chance')
  const values = Array.from({ length: 400 }, () => 10 * exp(0.1 * random.normal()))
  const { low, high } = nextRun(values, 1)
  const middle = band(values, 1)
  expect(low! / middle.low!).toBeCloseTo(1, 1)
  expect(high! / middle.high!).toBeCloseTo(1, 1)
})

test('a replication that predicts nothing is left out, and keeps its turn', () => {
  const values = [1, 2, Number.NaN, 2, 1, 2, 1, 2]
  const odd = nextRun(values, 2)
  expect(odd.value).toBeCloseTo(Math.SQRT2 * 2 ** (1 / 14), 9)
  expect(nextRun([1, 2, 1, 2, 1, 2, 1, 2], 2).value).toBeCloseTo(Math.SQRT2, 9)
  // of recordings that differ without chance, only the difference is left
  const t = 12.706204736174694
  expect(nextRun([1, 2, 1, 2], 2).high).toBeCloseTo(Math.SQRT2 * exp((t * Math.LN2) / 2), 3)
})

const SECONDS = 2
const LOAD = 0.6
const WARMUP_S = 0.5

/** A run of a machine that is as slow as it is on one of its days. */
const runOn = (random: Random, seed: number, requestSeed: number): KnownRun =>
  knownRun({
    load: LOAD,
    seconds: SECONDS,
    seed,
    requestSeed,
    slowness: exp(BETWEEN * random.normal()),
  })

test('on a machine that differs by 5 % from day to day', { timeout: 240_000 }, () => {
  const random = new Random('days')
  const trials = 80
  const rehearsals = 3
  let [held, heldByRuns] = [0, 0]
  for (let trial = 0; trial < trials; trial++) {
    const first = 100 * trial
    const learnt = Array.from({ length: rehearsals }, (_, i) => {
      return runOn(random, first + i, first + i)
    })
    const replay = runOn(random, first + 50, first + 50)
    const profile = knownProfile({
      rehearsals: learnt,
      seconds: SECONDS,
      load: LOAD,
      work: knownRun({ load: LOAD, seconds: 0.1 }).work[0]!.work,
    })
    const input = knownInput(replay, profile, {
      seconds: SECONDS,
      warmupS: WARMUP_S,
      batching: DYNAMIC,
    })
    const values = Array.from(
      { length: 12 },
      (_, i) => runReplication(input, i).all.percentiles[0]!,
    )
    const measured = percentile(latenciesOf(replay.rows, 1000 * WARMUP_S).sorted, 0.5)
    const interval = nextRun(values, rehearsals)
    if (measured >= interval.low! && measured <= interval.high!) held++
    const { low, high } = band(values, 1)
    if (measured >= low! && measured <= high!) heldByRuns++
  }
  expect(held / trials).toBeGreaterThanOrEqual(0.9)
  expect(heldByRuns / trials).toBeLessThan(0.85)
})
