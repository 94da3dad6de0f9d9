import { describe, expect, test } from 'vitest'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { madeUpProfile } from '../../../test/profiles.ts'
import { scenarioOf } from '../../../test/scenarios.ts'
import { resultSchema } from '../../documents/index.ts'
import { servingPlan } from '../../serving/index.ts'
import {
  type CellSummary,
  Histogram,
  type JudgedTail,
  judgedTails,
  meanWithError,
  PERCENTILES,
  TimeSeries,
} from '../../stats/index.ts'
import { judgedFigures } from '../../stats/recording/recorder-summary.ts'
import type { RunSummary } from '../figures/run-summary.ts'
import { type ResultHead, resultOf } from './result.ts'

const HEAD: ResultHead = {
  version: '0',
  commit: null,
  garbage_collections: null,
  world: 'simulated',
  seed: 1,
  profile: null,
  load: null,
  warnings: [],
  valid: true,
  host: null,
}

const systemOf = (scenario: Scenario) => ({
  scenario,
  hash: 'x',
  plan: servingPlan(scenario),
  capacitiesRps: [4000],
  models: [null],
  lengths: [{ min: 1, max: 1 }],
})

const scenarioWith = (objectives: readonly string[]) =>
  scenarioOf({
    duration_s: 10,
    warmup_s: 2,
    models: { m: { work: { law: 'constant', ms: 4 } } },
    traffic: [{ class: 'web', arrivals: { process: 'poisson', rate_rps: 100 } }],
    slo: { web: objectives },
    pools: [{ name: 'central', model: 'm', replicas: 2 }],
  })

/** A run with latencies of 1 … n ms times `scale`; the last `lost` requests never end. */
function runOf(n: number, scale: number, { lost = 0, judged = [] as readonly JudgedTail[] } = {}) {
  const histogram = new Histogram()
  for (let i = 1; i <= n - lost; i++) histogram.record((i / n) * 100 * scale)
  const figures = {
    n: histogram.count,
    mean: histogram.mean,
    percentiles: PERCENTILES.map((p) => histogram.quantile(p)),
  }
  const cell: CellSummary = {
    counts: {
      arrived: n,
      served: n - lost,
      shed: lost,
      timed_out: 0,
      abandoned: 0,
      cancelled: 0,
      failed: 0,
      in_flight: 0,
    },
    shedBy: {
      memory: 0,
      priority: 0,
      deadline: 0,
      concurrency: 0,
      queue: lost,
      tokens: 0,
      unavailable: 0,
      overflow: 0,
    },
    good: 0.9 * n,
    inTraffic: { served: 0.95 * n, good: 0.85 * n },
    retries: 0,
    tokens: null,
    latency: figures,
    all: PERCENTILES.map((p) => histogram.quantile(p, lost)),
    judged: judgedFigures(histogram, lost, judged),
    network: figures,
    parts: {
      lag: figures,
      queue: figures,
      batch_wait: figures,
      overhead: figures,
      service: figures,
    },
  }
  const run: RunSummary = {
    requests: 'x',
    exact: false,
    batchedRps: [[100]],
    all: figures,
    classes: [cell],
    // as many again were not answered
    calls: [
      {
        made: 2 * n,
        latency: figures,
        all: PERCENTILES.map((p) => histogram.quantile(p, n + lost)),
        judged: judgedFigures(histogram, n + lost, judged),
      },
    ],
    copies: [null],
    held: [null],
    work: [null],
    retries: [null],
    pools: [cell],
    batchSizes: [[3, 1]],
    efficiency: [0.8],
    busyMs: [4000],
    occupiedMs: [4600],
    wastedMs: [0],
    paidMs: [16_000],
    kvBlocks: [0],
    prefixes: null,
    surges: [],
    observedMs: 8000,
    tail: [0.5, 0.9, 0.97].map((p) => ({ p, value: histogram.quantile(p) })),
    classTails: [],
    tokenTails: null,
    memory: [],
    power: [null],
    availability: null,
    ejections: null,
    extrapolation: null,
    budget: null,
    slowdowns: [null],
    tuning: null,
    stallFree: null,
    tokenTimes: null,
    undetected: null,
    series: new TimeSeries(10_000).summary(),
    worst: { reported: null, objectives: [[]] },
    drift: {
      held: 2,
      backlog: 1,
      arrived: Array(10).fill(n / 20),
      growth: Array(10).fill(0),
      pools: [{ ended: n / 2, lost: lost / 2, demand: Array(10).fill(0.25) }],
    },
  }
  return run
}

const result = (objectives: readonly string[], n = 20_000, scales = [0.98, 1, 1.02], lost = 0) => {
  const scenario = scenarioWith(objectives)
  const judged = judgedTails(scenario)
  return resultOf(
    systemOf(scenario),
    scales.map((scale) => runOf(n, scale, { lost, judged })),
    HEAD,
  )
}

test('a result is a document of its schema', () => {
  expect(resultSchema.safeParse(result(['goodput > 50%'])).success).toBe(true)
})

test('figures are means over runs with their t interval on the log scale, geometric of percentiles', () => {
  const { latency, throughput_rps, goodput_rps, goodput_share } = result([]).classes[0]!
  const means = [0.98, 1, 1.02].map((scale) => runOf(20_000, scale).all.mean)
  const { mean, halfWidth } = meanWithError(means)
  expect(latency.mean.value).toBeCloseTo(mean, 12)
  expect(Math.log(latency.mean.high! / mean)).toBeCloseTo(halfWidth / mean, 12)
  const { p50 } = result([], 20_000, [0.5, 1, 2]).classes[0]!.latency.percentiles
  expect(p50.value).toBeCloseTo(50, 0)
  expect(p50.high! / p50.value!).toBeCloseTo(p50.value! / p50.low!, 12)
  expect(latency.mean.n).toBe(60_000)
  expect(goodput_share.value).toBeCloseTo(0.9, 12)
  // from the end of the warm-up to the end of the arrivals: 8 s
  expect(throughput_rps.value).toBeCloseTo((0.95 * 20_000) / 8, 9)
  expect(goodput_rps.value).toBeCloseTo((0.85 * 20_000) / 8, 9)
})

test('calls are counted separately, and an unanswered one counts as infinitely long', () => {
  const { classes, objectives } = result(['p(40) call_ms < 90', 'p(60) call_ms < 900'])
  const { made, answered, latency, latency_all } = classes[0]!.calls!
  expect([made, answered]).toEqual([120_000, 60_000])
  expect(latency.percentiles.p50.value).toBeCloseTo(50, 0)
  expect(latency_all.p50.value).toBeCloseTo(100, -1)
  expect(latency_all.p90.value).toBeNull()
  expect(objectives.map(({ verdict }) => verdict)).toEqual(['PASS', 'FAIL'])
  expect(objectives[0]!.estimate.value).toBeCloseTo(80, 0)
})

test('identical simulated runs are reported as such, replays never', () => {
  const { warnings } = result([], 20_000, [1, 1, 1])
  expect(warnings).toEqual([
    'all 3 replications are the same, as nothing random made a difference: figures are exact for these requests, and say nothing of others',
  ])
  const others = [result([], 20_000, [1, 1, 1.01]), result([], 20_000, [1])]
  expect(others.map((document) => document.warnings)).toEqual([[], []])
  const runs = [1, 1].map((scale) => runOf(20_000, scale))
  expect(
    resultOf(systemOf(scenarioWith([])), runs, { ...HEAD, world: 'measured' }).warnings,
  ).toEqual([])
})

test('one run has no interval', () => {
  const { mean } = result([], 20_000, [1]).classes[0]!.latency
  expect([mean.low, mean.high]).toEqual([null, null])
  expect(mean.value).toBeGreaterThan(0)
})

test('a percentile that a run does not support is null, with the sample that it needs', () => {
  const { p99, p99_9 } = result([]).classes[0]!.latency.percentiles
  expect(p99.value).toBeCloseTo(99, 0)
  expect(p99_9).toEqual({
    value: null,
    low: null,
    high: null,
    n: 60_000,
    reason: 'p99.9 needs 30,000 requests in each run, got 20,000',
  })
})

test('a percentile that falls on lost requests is infinite, with a reason', () => {
  const { latency_all, latency } = result([], 20_000, [1, 1], 600).classes[0]!
  expect(latency_all.p99.reason).toBe('so many requests were lost that it is infinite')
  expect(latency_all.p95.value).toBeCloseTo(95, 0)
  expect(latency.percentiles.p99.value).toBeLessThan(100)
})

test('utilisation of a pool is over all its replicas, and batches add up', () => {
  const { utilisation, batch_mean, batch_sizes, capacity_rps } = result([]).pools[0]!
  expect(utilisation.value).toBeCloseTo(4000 / (2 * 8000), 12)
  expect(batch_mean.value).toBeCloseTo(5 / 4, 12)
  expect(batch_sizes).toEqual([9, 3])
  expect(capacity_rps).toBe(4000)
})

describe('objectives', () => {
  const verdicts = (texts: string[], n?: number, scales?: number[], lost?: number) =>
    result(texts, n, scales, lost).objectives.map(({ verdict }) => verdict)

  test('pass or fail only where the whole interval is on one side', () => {
    const limits = [90, 98, 99, 100, 110].map((limit) => `p(99) latency_ms < ${limit}`)
    expect(verdicts(limits)).toEqual(['FAIL', 'UNDECIDED', 'UNDECIDED', 'UNDECIDED', 'PASS'])
    expect(verdicts(['goodput > 85%', 'goodput > 95%'])).toEqual(['PASS', 'FAIL'])
  })

  test('may name any percentile', () => {
    const [odd] = result(['p(98) latency_ms < 120']).objectives
    expect(odd!.estimate.value).toBeCloseTo(98, 0)
    expect(odd!.verdict).toBe('PASS')
    // 99.9 / 100 is not .999 in floating point
    const [tail] = result(['p(99.9) latency_ms < 120'], 200_000).objectives
    expect(tail!.estimate.value).toBeCloseTo(99.9, 0)
    expect(tail!.verdict).toBe('PASS')
  })

  test('fail by few requests, too, and pass only if that many can show it', () => {
    const texts = ['p(99) latency_ms < 90', 'p(99) latency_ms < 110', 'p(99) latency_ms < 99']
    expect(verdicts(texts, 60)).toEqual(['FAIL', 'UNDECIDED', 'UNDECIDED'])
    expect(verdicts(['p(50) latency_ms < 110'], 60)).toEqual(['PASS'])
  })

  test('of replications that are the same are exact, whatever the number of requests', () => {
    const texts = ['p(99) latency_ms < 90', 'p(99) latency_ms < 110', 'goodput > 85%']
    expect(verdicts(texts, 60, [1, 1, 1])).toEqual(['FAIL', 'PASS', 'PASS'])
  })

  test('name the duration that would decide them', () => {
    const deciding = (text: string, n?: number, scales?: number[]) =>
      result([text], n, scales).objectives[0]!.deciding_duration_s
    // so many that the share beyond the limit, of which there is none, is surely allowed
    const few = deciding('p(99) latency_ms < 1000', 1000)!
    const fewer = deciding('p(99.9) latency_ms < 1000', 1000)!
    expect(few).toBeGreaterThan(2 + 8)
    expect(fewer).toBeGreaterThan(5 * few)
    // the interval holds the limit: 95 to 104, and 102 is half as far
    const open = deciding('p(99) latency_ms < 101')!
    expect(open).toBeGreaterThan(2 + 4 * 8)
    expect(open).toBeLessThan(2 + 8 * 8)
    // 10 million requests are no advice, nor are more of a single run
    expect(deciding('p(99.999) latency_ms < 1000', 60)).toBeNull()
    expect(deciding('p(50) latency_ms < 1000', 20_000, [1])).toBeNull()
    expect(deciding('p(99) latency_ms < 90')).toBeNull()
    expect(deciding('p(99) latency_ms < 110')).toBeNull()
  })

  test('are undecided where a run is too short for their percentile', () => {
    const [short] = result(['p(99) latency_ms < 1000'], 999).objectives
    expect(short!.verdict).toBe('UNDECIDED')
    expect(short!.estimate.value).toBeCloseTo(99, 0)
    expect(short!.estimate.reason).toMatch(
      /^0 % of the requests are beyond the limit, up to .* %; 1\.0 % may be$/,
    )
    expect(verdicts(['p(99) latency_ms < 1000'], 10_000)).toEqual(['PASS'])
  })

  test('are undecided for a single run', () => {
    for (const text of ['p(50) latency_ms < 1000', 'goodput > 1%']) {
      const [alone] = result([text], 20_000, [1]).objectives
      expect(alone!.verdict).toBe('UNDECIDED')
      expect(alone!.estimate.reason).toBe('a single run has no interval; several have')
    }
  })

  test('fail where their percentile falls on lost requests', () => {
    expect(verdicts(['p(98) latency_ms < 1000'], 20_000, [1, 1], 600)).toEqual(['FAIL'])
    expect(verdicts(['p(97) latency_ms < 1000'], 20_000, [1, 1], 600)).toEqual(['PASS'])
  })
})

test('the tail has the median over runs and their range, except at its last point', () => {
  const { tail } = result([])
  expect(tail.map(({ p }) => p)).toEqual([0.5, 0.9])
  expect(tail[0]!.value).toBeCloseTo(50, 0)
  expect(tail[0]!.low).toBeCloseTo(49, 0)
  expect(tail[0]!.high).toBeCloseTo(51, 0)
})

test('by three recordings of a machine its band is that of a next run there', () => {
  const scenario = scenarioWith([])
  const [model] = madeUpProfile(scenario).models
  const runs = [0.98, 1, 1.02, 0.98, 1, 1.02].map((scale) => runOf(20_000, scale))
  const bandBy = (recordings: number, speed: 'profile' | 'ideal' = 'profile') => {
    const fields = Array.from({ length: recordings }, () => model!.fields[0]!)
    const pools = scenario.pools.map((pool) => ({ ...pool, speed }))
    const system = { ...systemOf({ ...scenario, pools }), models: [{ ...model!, fields }] }
    const { value, low, high } = resultOf(system, runs, HEAD).tail[0]!
    return { value, below: value / low!, above: high! / value }
  }
  const chance = bandBy(1)
  expect(chance.above).toBeCloseTo(1.02, 2)
  // the recordings, which turns show, are known from two degrees of freedom: 4.3 deviations
  const next = bandBy(3)
  expect(next.value).toBe(chance.value)
  expect(next.below).toBeCloseTo(Math.exp(4.303 * 0.0163), 2)
  expect(next.above).toBeCloseTo(Math.exp(4.303 * 0.0163), 2)
  // executors that are always of their work's speed meet no recording
  expect(bandBy(3, 'ideal')).toEqual(chance)
})
