import { describe, expect, test } from 'vitest'
import { OUTCOME } from '../../serving/index.ts'
import { PERCENTILES, percentile, Rows } from '../../stats/index.ts'
import { type ComparisonInput, compareRuns, simulateReplay } from './compare.ts'
import {
  DYNAMIC,
  type KnownRun,
  knownPlan,
  knownRun,
  simulatedOnce,
} from './known-machine.test-helper.ts'
import { latenciesOf } from './latencies.ts'
import { stallFreeFigures } from './stall-free.ts'
import { spoiled } from './validity.ts'

const SECONDS = 12
const run = knownRun({ load: 0.6, seconds: SECONDS })
const again = knownRun({ load: 0.6, seconds: SECONDS, seed: 2, requestSeed: 1 })
/** spoiled: others used the machine */
const busy = knownRun({ load: 0.6, seconds: SECONDS, stillShare: 0.12 })

/** A run is evaluated once: predictions repeat it. */
const evaluated = new WeakMap<KnownRun, ReturnType<typeof evaluate>>()

function evaluate(one: KnownRun) {
  const { sorted } = latenciesOf(one.rows, 0)
  const { plan, work } = one
  return {
    all: PERCENTILES.map((p) => percentile(sorted, p)),
    stallFree: stallFreeFigures(one, { plan, work, warmupMs: 0 }),
  }
}

/** A prediction that comes true, but for the scale of its latencies. */
function figures(one: KnownRun, scale = 1) {
  const { all, stallFree } = evaluated.get(one) ?? evaluate(one)
  evaluated.set(one, { all, stallFree })
  const { n, share, percentiles } = stallFree
  return {
    all: all.map((ms) => scale * ms),
    stallFree: { n, share, percentiles: percentiles.map((ms) => scale * ms) },
  }
}

/** A machine that has not changed. */
function unchanged(predictions: ComparisonInput['predictions']) {
  return { control: { pools: [], unknown: null }, now: predictions, level: predictions }
}

const simulate = simulatedOnce()

function compare(
  replays: readonly KnownRun[],
  {
    predictions = Array.from({ length: 10 }, () => figures(replays[0]!)),
    ...rest
  }: Partial<ComparisonInput> = {},
) {
  return compareRuns({
    plan: run.plan,
    requests: run.requests,
    work: run.work,
    replays,
    predictions,
    recordings: 1,
    change: unchanged(predictions),
    disturbed: false,
    warmupMs: 0,
    durationMs: 1000 * SECONDS,
    seed: 1,
    simulate,
    ...rest,
  })
}

describe('structure', () => {
  test('of the simulator itself passes', () => {
    const { checks, percentiles } = compare([run, run])
    expect(checks.structure!.verdict).toBe('PASS')
    expect(checks.prediction.verdict).toBe('PASS')
    expect(percentiles.map(({ p }) => p)).toEqual([0.5, 0.9, 0.95, 0.99])
    for (const { structure } of percentiles) expect(structure).toHaveLength(2)
  })

  test('of a wrong batcher fails, and says where it is worst', () => {
    const plan = knownPlan(1, { policy: 'dynamic', maxBatch: 4, maxDelayMs: 2, preferred: [] })
    const { checks } = compare([run], { plan })
    expect(checks.structure!.verdict).toBe('FAIL')
    expect(checks.structure!.reason).toMatch(/^off by more than max\(1 %, 30 µs\) .*, at p50/)
    expect(Math.abs(checks.structure!.worst!.relative)).toBeGreaterThan(0.03)
  })

  test('does not see the work model: batches that take 3 % longer than it says pass', () => {
    const slow = knownRun({ load: 0.6, seconds: SECONDS, slowness: 1.03 })
    const { percentiles, checks } = compare([slow])
    expect(checks.structure!.verdict).not.toBe('FAIL')
    for (const { verdicts, structure } of percentiles.filter(({ p }) => p < 0.95)) {
      expect(verdicts.structure).toBe('PASS')
      expect(Math.abs(structure[0]!.error_relative)).toBeLessThan(0.01)
    }
  })

  test('of a spoiled replay is never a fault of the simulator', () => {
    const plan = knownPlan(1, { ...DYNAMIC, policy: 'fixed', batch: 8 })
    expect(spoiled(run)).toBe(null)
    expect(spoiled(busy)).toEqual({
      reason: 'the dispatcher stalled because other programs used the machine',
      figure: expect.stringMatching(/^1\d % of the time$/),
    })
    expect(compare([run], { plan }).checks.structure!.verdict).toBe('FAIL')
    const { structure, prediction } = compare([busy], { plan }).checks
    for (const { verdict, reason } of [structure!, prediction]) {
      expect(verdict).toBe('UNDECIDED')
      expect(reason).toBe('the replay does not count')
    }
  })
})

describe('prediction', () => {
  const predicted = (scales: readonly number[]) =>
    compare([run, run], { predictions: scales.map((scale) => figures(run, scale)) }).checks
      .prediction

  test('within 5 % passes; outside the band and further off fails', () => {
    expect(predicted(Array(10).fill(1.04)).verdict).toBe('PASS')
    expect(predicted(Array(10).fill(1.06))).toMatchObject({
      verdict: 'FAIL',
      reason: expect.stringContaining('p50, p90, p95'),
    })
    expect(predicted(Array(10).fill(0.94)).verdict).toBe('FAIL')
  })

  test('further off but inside its band is undecided', () => {
    const wide = Array.from({ length: 40 }, (_, i) => 0.9 + 0.01 * i)
    expect(predicted(wide)).toMatchObject({
      verdict: 'UNDECIDED',
      reason: expect.stringMatching(
        /^noise leaves open .* about 1 more replay would tell; largest part .*\(of all requests; of the 9\d % that met no stall: UNDECIDED at p50, p90, p95\)$/,
      ),
    })
    // three replays that are the same leave nothing open but the width of the band
    const predictions = wide.map((scale) => figures(run, scale))
    expect(compare([run, run, run], { predictions }).checks.prediction).toMatchObject({
      verdict: 'UNDECIDED',
      reason: expect.stringMatching(/^off by more than max\(5 %, 50 µs\), but inside the band /),
    })
  })

  test('may be as far off as two replays differ, of which a difference above 20 % tells nothing', () => {
    const { percentiles } = compare([run, again], { predictions: [figures(run), figures(run)] })
    const floors = percentiles.map(({ noise_floor: floor }) => floor.median!)
    expect(floors.some((floor) => floor > 0.05 && floor < 0.2)).toBe(true)
    expect(floors.some((floor) => floor > 0.2)).toBe(true)
    for (const { noise_floor: floor, prediction } of percentiles) {
      expect(floor.pairs).toBe(1)
      expect(prediction[0]!.error_ms).toBe(0)
      expect(prediction[1]!.verdict).toBe(floor.median! > 0.2 ? 'UNDECIDED' : 'PASS')
    }
  })
})

test('replays and replications have the same kind of average, the geometric mean', () => {
  const scales = [0.5, 1, 1, 2.2]
  const predictions = scales.map((scale) => figures(run, scale))
  for (const row of compare([run, again], { predictions }).percentiles) {
    const [first, second] = row.each.map(({ value }) => value)
    expect(row.measured.value! ** 2 / (first! * second!)).toBeCloseTo(1, 12)
    expect(row.simulated.value! / first!).toBeCloseTo((0.5 * 2.2) ** 0.25, 12)
    expect(row.measured.low).toBeGreaterThan(0)
  }
})

describe('replays of which some are spoiled', () => {
  const predictions = [figures(run), figures(again)]

  test('are compared without those: every figure is that of the others', () => {
    // simulated anew on both sides: simulations of a replay draw by its rows alone
    const mixed = compare([busy, run, again], { predictions, simulate: simulateReplay })
    expect(mixed.not_counted).toEqual([{ replay: 0, ...spoiled(busy) }])
    const others = compare([run, again], { predictions, simulate: simulateReplay })
    expect(others.not_counted).toEqual([])
    const withoutNumbers = ({ percentiles }: typeof mixed) =>
      percentiles.map(({ each, structure, prediction, ...row }) => ({
        ...row,
        structure: structure.map(({ replay, ...error }) => error),
        prediction: prediction.map(({ replay, ...error }) => error),
      }))
    expect(withoutNumbers(mixed)).toEqual(withoutNumbers(others))
    expect(mixed.percentiles[0]!.each).toHaveLength(3)
    expect(mixed.percentiles[0]!.structure.map(({ replay }) => replay)).toEqual([1, 2])
    expect(mixed.checks.structure!.verdict).toBe(others.checks.structure!.verdict)
  })

  test('have figures and no verdict at all where none counts, so no cell says more than the check', () => {
    const { percentiles, checks } = compare([busy, busy], { predictions: [figures(busy, 9)] })
    expect(checks.prediction.reason).toMatch(/^none of 2 replays counts$/)
    for (const { verdicts, structure, prediction, measured } of percentiles) {
      expect(verdicts).toEqual({ structure: null, prediction: null })
      expect(measured.value).toBeGreaterThan(0)
      for (const { verdict } of [...structure, ...prediction]) expect(verdict).toBe('UNDECIDED')
    }
    // negative control: so wrong a prediction fails where replays count
    expect(
      compare([run, again], { predictions: [figures(run, 9)] }).checks.prediction.verdict,
    ).toBe('FAIL')
  })
})

test('a profile that was recorded on a disturbed machine predicts without a verdict', () => {
  const wrong = { predictions: [figures(run, 9)] }
  const { percentiles, checks } = compare([run, again], { ...wrong, disturbed: true })
  expect(checks.prediction.verdict).toBe('UNDECIDED')
  expect(checks.prediction.reason).toContain('recorded while other programs used the machine')
  for (const { verdicts, prediction } of percentiles) {
    expect(verdicts.prediction).toBeNull()
    for (const { verdict } of prediction) expect(verdict).toBe('UNDECIDED')
  }
  const sound = compare([run, again], wrong)
  expect(sound.checks.prediction.verdict).toBe('FAIL')
  expect(checks.structure).toEqual(sound.checks.structure)
})

test('an error that is close without the drift of the machine does not fail, and states it', () => {
  const predictions = [figures(run, 1.2), figures(run, 1.2)]
  const same = [figures(run), figures(run)]
  const pools = [{ pool: 'central', profile_ms: 1, replays_ms: 1.2 }]
  const slower = { control: { pools, unknown: null }, now: same, level: same }
  const drifted = compare([run, run], { predictions, change: slower })
  expect(drifted.checks.prediction.verdict).toBe('UNDECIDED')
  expect(drifted.checks.prediction.reason).toContain('close without the drift of the machine')
  expect(compare([run, run], { predictions }).checks.prediction.verdict).toBe('FAIL')
})

test('an error on a machine that has changed since its profile does not fail, and states it', () => {
  const predictions = [figures(run, 2), figures(run, 2)]
  const pools = [{ pool: 'central', profile_ms: 1, replays_ms: 1.2 }]
  const change = { ...unchanged(predictions), control: { pools, unknown: null } }
  const { checks, stall_free, percentiles } = compare([run, run], { predictions, change })
  for (const { verdict, reason } of [checks.prediction, stall_free!.checks.prediction]) {
    expect(verdict).toBe('UNDECIDED')
    expect(reason).toContain(
      'off by more than max(5 %, 50 µs) at p50, p90, p95, but the control kernel took +20.0 %, so the machine has changed; rehearse or calibrate again',
    )
  }
  for (const { prediction } of percentiles) expect(prediction[0]!.error_relative).toBeCloseTo(1, 9)
  const elsewhere = { pools: [], unknown: 'another host', machine_unknown: 'another host' }
  const other = compare([run, run], { predictions, change: { ...change, control: elsewhere } })
  expect(other.checks.prediction.verdict).toBe('UNDECIDED')
  expect(other.checks.prediction.reason).toContain(', but another host')
  expect(compare([run, run], { predictions }).checks.prediction.verdict).toBe('FAIL')
})

test('a wide band near saturation is undecided, with what 1 % of speed does', () => {
  const scales = Array.from({ length: 40 }, (_, i) => 0.7 + 0.03 * i)
  const predictions = scales.map((scale) => figures(run, scale))
  const faster = scales.map((scale) => figures(run, scale / 1.1 ** 4))
  const control = { pools: [], unknown: null }
  const change = { control, now: null, level: faster, faster: 1.1 }
  const { percentiles, checks } = compare([run, run], { predictions, change })
  for (const { speed_elasticity } of percentiles) expect(speed_elasticity).toBeCloseTo(-4, 9)
  expect(checks.prediction.verdict).toBe('UNDECIDED')
  expect(checks.prediction.reason).toMatch(
    /^near saturation, where 1 % of speed moves the latency by 4 % at p50, 4 % at p90, 4 % at p95: lower the load; noise leaves open /,
  )
  // a narrow band needs no reason
  const narrow = compare([run, run], { change: { ...change, level: faster.slice(0, 10) } })
  for (const row of narrow.percentiles) expect(row).not.toHaveProperty('speed_elasticity')
})

test('uncertain speeds widen the interval of a prediction, by which its verdict is', () => {
  const predictions = [figures(run, 1.3), figures(run, 1.3)]
  const inputs = [[[figures(run, 1.3 * 0.7)], [figures(run, 1.3 * 1.4)]]]
  const { percentiles, checks } = compare([run, run], { predictions, inputs })
  for (const { simulated, with_inputs } of percentiles) {
    expect(simulated).toMatchObject({ low: simulated.value, high: simulated.value })
    expect(with_inputs!.low! / simulated.value!).toBeCloseTo(0.7, 9)
    expect(with_inputs!.high! / simulated.value!).toBeCloseTo(1.4, 9)
  }
  expect(checks.prediction.verdict).toBe('UNDECIDED')
  expect(compare([run, run], { predictions }).checks.prediction.verdict).toBe('FAIL')
})

test('one replay shows no noise, so a prediction that is off does not fail', () => {
  const { checks } = compare([run], { predictions: [figures(run, 9)] })
  expect(checks.prediction.verdict).toBe('UNDECIDED')
  expect(checks.prediction.reason).toContain('one replay shows no noise, replay at least twice')
})

test('too few requests support no percentile: undecided, with the number that it takes', () => {
  const few = knownRun({ load: 0.6, seconds: 0.05 })
  expect(few.rows.count).toBeLessThan(60)
  const { percentiles, checks } = compare([few], { predictions: [figures(few)] })
  expect(percentiles).toEqual([])
  for (const check of [checks.structure!, checks.prediction]) {
    expect(check.verdict).toBe('UNDECIDED')
    expect(check.reason).toMatch(
      /^p50 needs \d+ requests in each replay, got \d+ \(of all requests\)$/,
    )
  }
})

test('latencies are those of served requests after the warm-up, in order of arrival', () => {
  const rows = Rows.allocate(4)
  rows.columns.at.set([30, 10, 20, 40])
  rows.columns.done.set([35, 12, 29, 90])
  rows.columns.outcome.set([0, 0, 0, 1])
  const { at, values, sorted } = latenciesOf(rows, 15)
  expect([...at]).toEqual([20, 30])
  expect([...values]).toEqual([9, 5])
  expect([...sorted]).toEqual([5, 9])
})

describe('a spoiled replay', () => {
  test('has requests that were sent late', () => {
    const at = run.rows.columns.at.map((time, key) => (key % 33 === 0 ? time - 6 : time))
    const rows = Rows.of({ ...run.rows.columns, at })
    expect(spoiled({ rows, timers: run.timers })).toEqual({
      reason: 'requests were sent late because other programs used the machine',
      figure: expect.stringMatching(/^p99 6\.\d ms$/),
    })
  })

  test.each([
    [0.4, 'other programs used the machine'],
    [0.7, 'other programs used the machine, or the rate is too high for one dispatcher'],
    [1.1, 'the rate is too high for one dispatcher'],
  ])('names the cause by the share of the time that its events take: %f', (share, cause) => {
    const [count, gapMs] = [8000, 0.05]
    const rows = Rows.allocate(count)
    const { at, sent, done } = rows.columns
    let free = 0
    for (let i = 0; i < count; i++) {
      // in groups of ten, so that others are due while one is handled
      at[i] = gapMs * (i - (i % 10))
      // a stall in the middle delays what is due
      free = Math.max(free, at[i]!, i >= count / 2 ? (gapMs * count) / 2 + 40 : 0) + share * gapMs
      sent[i] = free
      done[i] = free
    }
    expect(spoiled({ rows, timers: [] })!.reason).toMatch(new RegExp(`because ${cause}$`))
  })

  test('has executors that died, and names the lost requests', () => {
    const outcome = run.rows.columns.outcome.map((own, key) => (key < 3 ? OUTCOME.failed : own))
    const rows = Rows.of({ ...run.rows.columns, outcome })
    expect(spoiled({ rows, timers: run.timers, deaths: [0, 1] })).toEqual({
      reason: 'the process of an executor ended and was started again',
      figure: '1 time, 3 requests failed',
    })
    expect(spoiled({ ...run, deaths: [0, 0] })).toBe(spoiled(run))
  })

  test('is none with stalls of 1 % of the time', () => {
    expect(spoiled(again)).toBe(null)
  })
})
