import { describe, expect, test } from 'vitest'
import { comparisonSchema } from '../../documents/index.ts'
import { PERCENTILES, percentile } from '../../stats/index.ts'
import { compareRuns, simulateReplay } from './compare.ts'
import {
  DYNAMIC,
  type KnownRun,
  knownPlan,
  knownRun,
  simulatedOnce,
} from './known-machine.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import { stallFreeFigures } from './stall-free.ts'
import { sharesOf } from './stall-free-check.ts'

const SECONDS = 25

/** The same requests on one machine at different times. */
const runs = [2, 4, 1, 3, 5, 6, 7, 8].map((seed) =>
  knownRun({ load: 0.4, seconds: SECONDS, seed, requestSeed: 1 }),
)
const [first, second, ...others] = runs as [KnownRun, KnownRun, ...KnownRun[]]

/** Other runs of the machine are as good as a prediction can be. */
const predictions = others.map((run) => ({
  all: PERCENTILES.map((p) => percentile(latenciesOf(run.rows, 0).sorted, p)),
  stallFree: stallFreeFigures(run, { ...run, warmupMs: 0 }),
}))

const simulate = simulatedOnce()

const compare = (change: Partial<Parameters<typeof compareRuns>[0]> = {}) =>
  compareRuns({
    ...first,
    replays: [first, second],
    predictions,
    recordings: 1,
    change: {
      control: { pools: [], unknown: null },
      now: null,
      level: predictions,
    },
    disturbed: false,
    warmupMs: 0,
    durationMs: 1000 * SECONDS,
    seed: 1,
    simulate,
    ...change,
  })

describe('a prediction of which stalls alone leave p99 open', () => {
  const { percentiles, stall_free, checks } = compare()
  const verdicts = (rows: typeof percentiles) => rows.map((row) => row.verdicts.prediction)

  test('is decided for the requests that met none', () => {
    expect(verdicts(percentiles)).toEqual(['PASS', 'PASS', 'PASS', 'UNDECIDED'])
    expect(verdicts(stall_free!.percentiles)).toEqual(['PASS', 'PASS', 'PASS', 'PASS'])
    expect(stall_free!.checks.prediction.verdict).toBe('PASS')
  })

  test('stays undecided, with the verdict on the others beside it', () => {
    expect(checks.prediction.verdict).toBe('UNDECIDED')
    expect(checks.prediction.reason).toMatch(
      / at p99; .* \(of all requests; of the 95 % that met no stall: PASS at p99\)$/,
    )
    expect(checks.structure!.reason).toMatch(/of the 95 % that met no stall: PASS at p90, p95\)$/)
  })

  test('has shares that agree, and percentiles of as many requests', () => {
    const { simulated, measured } = stall_free!.share
    expect(Math.abs(simulated.value! - measured.value!)).toBeLessThan(0.01)
    expect(measured.low).toBeLessThan(measured.value!)
    const counts = [first, second, ...others].map(
      (run) => stallFreeFigures(run, { ...run, warmupMs: 0 }).n,
    )
    expect(stall_free!.percentiles[0]!.n).toBeLessThanOrEqual(Math.min(...counts))
    expect(stall_free!.percentiles[0]!.n).toBeGreaterThan(0.99 * Math.min(...counts))
  })
})

test('a wrong batcher fails on the requests without stalls, too', () => {
  const { stall_free } = compare({ plan: knownPlan(1, { ...DYNAMIC, maxBatch: 4 }) })
  expect(stall_free!.checks.structure!.verdict).toBe('FAIL')
  expect(stall_free!.percentiles.map(({ verdicts }) => verdicts.structure)).toContain('FAIL')
})

describe('shares that differ by more than a tenth', () => {
  const other = (share: number) =>
    predictions.map(({ all, stallFree }) => ({ all, stallFree: { ...stallFree, share } }))

  test('leave the prediction open: these are other requests', () => {
    const { stall_free, checks } = compare({ predictions: other(0.8) })
    expect(stall_free!.checks.prediction).toMatchObject({
      verdict: 'UNDECIDED',
      reason: expect.stringMatching(/^95 % of the measured requests met no stall and 80 % of the /),
    })
    for (const { verdicts } of stall_free!.percentiles) {
      expect(verdicts.prediction).toBe(null)
      expect(verdicts.structure).not.toBe(null)
    }
    expect(checks.prediction.reason).toMatch(/\(of all requests\)$/)
  })

  test('and not those that differ by less', () => {
    expect(compare({ predictions: other(0.9) }).stall_free!.checks.prediction.verdict).toBe('PASS')
  })
})

test('where every predicted request met a stall, only the prediction has no figure', () => {
  const none = predictions.map(({ all }) => ({
    all,
    stallFree: { n: 0, share: 0, percentiles: PERCENTILES.map(() => Number.NaN) },
  }))
  const { stall_free } = compare({ predictions: none })
  for (const { simulated, measured, prediction, verdicts } of stall_free!.percentiles) {
    expect(simulated.reason).toBe('every simulated request met a stall')
    expect(measured.value).toBeGreaterThan(0)
    expect(prediction).toEqual([])
    expect(verdicts).toEqual({ structure: 'PASS', prediction: null })
  }
  expect(stall_free!.percentiles).toHaveLength(4)
  expect(stall_free!.checks.prediction.reason).toMatch(/^95 % .* and 0 % of the simulated: these /)
  expect(comparisonSchema.shape.stall_free!.parse(stall_free)).toEqual(stall_free)
})

test('the shares are the mean of replays, and the middle of replications', () => {
  const replay = (share: number, n: number) => ({
    at: new Float64Array(n),
    values: new Float64Array(n),
    sorted: new Float64Array(n),
    share,
  })
  const replicated = [0.5, 0.7, 0.6].map((share, i) => ({ n: 5 + i, share, percentiles: [] }))
  expect(sharesOf([replay(0.8, 9), replay(0.9, 8)], replicated)).toEqual({
    measured: { value: expect.closeTo(0.85, 12), low: 0.8, high: 0.9, n: 8 },
    simulated: { value: 0.6, low: 0.5, high: 0.7, n: 5 },
  })
})

test('where no measured request is counted, there is no percentile', () => {
  const { percentiles, stall_free, checks } = compare({
    warmupMs: 2000 * SECONDS,
    simulate: simulateReplay,
  })
  expect([percentiles, stall_free!.percentiles]).toEqual([[], []])
  expect(checks.structure!.verdict).toBe('UNDECIDED')
})
