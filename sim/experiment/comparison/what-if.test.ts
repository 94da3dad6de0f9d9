import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../documents/index.ts'
import { PERCENTILES, percentile } from '../../stats/index.ts'
import type { Block } from './blocks.ts'
import {
  isIllConditioned,
  ratioVerdict,
  type WhatIfFigures,
  type WhatIfRuns,
  whatIfCheck,
  whatIfFigures,
  withElasticities,
  withSpeedDoubt,
} from './what-if.ts'

/** So many latencies of an exponential distribution with this median, ms, ascending. */
const latencies = (medianMs: number, count: number) =>
  Float64Array.from({ length: count }, (_, i) => -medianMs * Math.log2(1 - (i + 0.5) / count))

const figures = (sorted: Float64Array) => PERCENTILES.map((p) => percentile(sorted, p))
interface Made {
  /** of each round, ms */
  readonly a?: readonly number[]
  readonly b: readonly number[]
  /** ratio B/A of every percentile in each replication */
  readonly predicted: readonly number[]
  /** requests of each replay */
  readonly requests?: number
}

/** A block of a whole replay of each side, on a machine that did not drift. */
const wholeBlock = (a: Float64Array, b: Float64Array): Block => ({
  a,
  b,
  sliceMs: null,
  control: 0,
})

/** Whole replays whose medians are given; all other percentiles are in the same ratio. */
function made({ b, a = b.map(() => 4), predicted, requests = 4000 }: Made): WhatIfRuns {
  const of = (medianMs: number) => latencies(medianMs, requests)
  return {
    rounds: b.map((medianMs, round) => [wholeBlock(of(a[round]!), of(medianMs))]),
    predictions: predicted.map((ratio) => ({ a: figures(of(7)), b: figures(of(7 * ratio)) })),
    seed: 1,
  }
}

const judged = (of: Made) => {
  const found = whatIfFigures(made(of))
  const verdicts = found.percentiles.map(({ p, verdict }) => [p, verdict] as const)
  return { ...found, verdicts: new Map<number, Verdict | null>(verdicts) }
}

describe('the ratio of a percentile', () => {
  const { percentiles } = judged({ a: [4, 5, 3], b: [2, 3, 1.2], predicted: [0.6, 0.5, 0.4, 0.7] })

  test('is that of the latencies of all rounds together, with that of each round', () => {
    const { rounds } = made({ a: [4, 5, 3], b: [2, 3, 1.2], predicted: [0.5] })
    const together = (side: 'a' | 'b') =>
      Float64Array.from(rounds.flatMap(([block]) => [...block![side]])).sort()
    for (const { p, each, a, b, measured, n } of percentiles) {
      const p50 = Math.LN2 / -Math.log(1 - p)
      expect(each.map(({ round, ratio }) => [round, ratio.toFixed(6)])).toEqual([
        [0, '0.500000'],
        [1, '0.600000'],
        [2, '0.400000'],
      ])
      expect(each.map(({ a }) => Math.round(a * p50))).toEqual([4, 5, 3])
      expect([a, b]).toEqual([percentile(together('a'), p), percentile(together('b'), p)])
      expect(measured.value).toBe(b / a)
      expect(measured.low).toBeGreaterThan(0)
      expect(Math.sqrt(measured.low! * measured.high!)).toBeCloseTo(measured.value!, 9)
      expect([n, measured.n]).toEqual([4000, 4000])
    }
  })

  test('is predicted by the median over replications, and the error is signed', () => {
    const still = judged({ b: [2, 2, 2], predicted: [0.6, 0.5, 0.4, 0.7] })
    for (const { predicted, error_relative } of still.percentiles) {
      expect(predicted.value).toBeCloseTo(0.5, 9)
      expect([predicted.low, predicted.high]).toEqual([0.4, 0.7].map((x) => expect.closeTo(x, 9)))
      expect(predicted.n).toBe(4000)
      expect(error_relative).toBeCloseTo(0, 9)
    }
    for (const [ratio, sign] of [
      [0.6, 1],
      [0.4, -1],
    ] as const) {
      const [p50] = judged({ b: [2, 2], predicted: [ratio] }).percentiles
      expect(p50!.error_relative).toBeCloseTo(0.2 * sign, 9)
      // of B, whose median is 2 ms
      expect(p50!.error_ms).toBeCloseTo(0.4 * sign, 3)
    }
  })

  test('comes with the relative difference of any two replays of A', () => {
    for (const { noise_floor: floor } of percentiles) {
      // 4 and 5, 4 and 3, 5 and 3
      expect(floor.median).toBeCloseTo(1 / 3.5, 3)
      expect(floor.largest).toBeCloseTo(2 / 4, 3)
      expect(floor.pairs).toBe(3)
    }
  })

  test('is given where each replay of the side with fewer requests supports it', () => {
    expect(percentiles.map(({ p }) => p)).toEqual([0.5, 0.9, 0.95, 0.99])
    const { rounds, ...rest } = made({ b: [2, 2], predicted: [0.5] })
    const fewer = [rounds[0]!, [wholeBlock(rounds[1]![0]!.a, latencies(2, 600))]]
    const some = whatIfFigures({ ...rest, rounds: fewer })
    expect(some.percentiles.map(({ p, n }) => [p, n])).toEqual([
      [0.5, 600],
      [0.9, 600],
      [0.95, 600],
    ])
  })
})

describe('a ratio that does not scatter differs from a prediction', () => {
  /** Verdict of a prediction that is off by so much, too high and too low. */
  const verdictsAt = (p: number, error: number, a: number[], ratio: number) =>
    [1 + error, 1 - error].map((scale) => {
      const b = a.map((medianMs) => ratio * medianMs)
      return judged({ a, b, predicted: [ratio * scale] }).verdicts.get(p)
    })

  // p95 is 4.32 times the median: 50 µs are 12.5 % of 0.4 ms, and 23.1 % of 0.216 ms
  test.each([
    [0.5, '5 %', 0.05, [4, 4, 4], 0.5],
    [0.5, '5 %, however far two replays of A differ', 0.05, [4, 5, 3], 0.5],
    [0.5, '50 µs where those are more', 0.125, [0.8, 0.8, 0.8], 0.5],
    [0.95, '10 %', 0.1, [4, 4, 4], 0.5],
    [0.95, '50 µs where those are more', 0.05 / (0.05 * Math.log2(20)), [0.1, 0.1, 0.1], 0.5],
    [0.95, 'the difference of two replays of A where that is more', 0.2, [3.6, 4.4], 0.5],
  ] as const)('p(%f): by %s', (p, _, tolerance, a, ratio) => {
    expect(verdictsAt(p, 0.98 * tolerance, [...a], ratio)).toEqual(['PASS', 'PASS'])
    expect(verdictsAt(p, 1.02 * tolerance, [...a], ratio)).toEqual(['FAIL', 'FAIL'])
  })

  test('p90 and p99 get no verdict, whatever the error', () => {
    for (const predicted of [[0.5], [5]]) {
      const { verdicts } = judged({ b: [2, 2, 2], predicted })
      expect([verdicts.get(0.9), verdicts.get(0.99)]).toEqual([null, null])
    }
  })

  /** `factors`: how far each of PERCENTILES is off beyond what was predicted of all. */
  const check = (predicted: number, factors = PERCENTILES.map(() => 1)) => {
    const { predictions, ...rest } = made({ b: [2, 2, 2], predicted: [predicted] })
    const off = predictions.map(({ a, b }) => ({ a, b: b.map((ms, i) => ms * factors[i]!) }))
    return whatIfCheck(whatIfFigures({ ...rest, predictions: off }))
  }

  test('the check passes, or fails and names the percentiles', () => {
    expect(check(0.51).verdict).toBe('PASS')
    expect(check(0.51).reason).toMatch(/^the predicted ratio is within max\(5 %, 50 µs\) at p50, /)
    expect(check(0.54).verdict).toBe('FAIL')
    expect(check(0.54).reason).toMatch(/^the predicted ratio is further off than .*, at p50$/)
    expect(check(1).reason).toMatch(/, at p50 and p95$/)
  })

  test('the worst of a check is one that is judged, however far off the others are', () => {
    const { verdict, worst } = check(0.5, [1.02, 9, 0.96, 9, 9])
    expect(verdict).toBe('PASS')
    expect(worst).toMatchObject({ p: 0.95, relative: expect.closeTo(-0.04, 6) })
  })
})

describe('the measured ratio leaves it open', () => {
  /** Rounds of these medians of B, and a prediction `off` times the measured ratio. */
  function scattered(b: readonly number[], off = 1) {
    const runs = made({ b, predicted: [1], requests: 1000 })
    const measured = new Map(whatIfFigures(runs).percentiles.map((one) => [one.p, one.measured]))
    const ratios = PERCENTILES.map((p) => off * (measured.get(p)?.value ?? 1))
    return whatIfCheck(
      whatIfFigures({ ...runs, predictions: [{ a: ratios.map(() => 1), b: ratios }] }),
    )
  }

  test.each([0.5, 5])('after a single block, whatever was predicted: %f', (predicted) => {
    const { verdict, reason } = whatIfCheck(judged({ b: [2], predicted: [predicted] }))
    expect(verdict).toBe('UNDECIDED')
    expect(reason).toMatch(/about 2 more rounds would tell$/)
  })

  test('where it scatters, and so many more rounds of the same scatter then tell', () => {
    const pattern = [1.6, 2, 2.4]
    const { verdict, reason } = scattered(pattern)
    expect(verdict).toBe('UNDECIDED')
    expect(reason).toMatch(/^the measured ratio scatters too much to tell at p50 and p95; /)
    const rounds = 3 + Number(/about (\d+) more rounds would tell$/.exec(reason)![1])
    expect(rounds).toBeGreaterThan(20)
    const b = Array.from({ length: rounds }, (_, i) => pattern[i % 3]!)
    expect(scattered(b).verdict).toBe('PASS')
    expect(scattered(b.slice(0, Math.round(rounds / 4))).verdict).toBe('UNDECIDED')
    // far enough off, it fails in spite of the scatter
    expect(scattered(b, 1.3).verdict).toBe('FAIL')
  })

  test('by a little, and one more round is the least that would tell', () => {
    const { verdict, reason } = scattered([1.94, 2, 2.06], 1.01)
    expect(verdict).toBe('UNDECIDED')
    expect(Number(/about (\d+) more rounds? would/.exec(reason)![1])).toBeGreaterThanOrEqual(1)
  })

  test('by far, and then the advice is another one', () => {
    expect(scattered([0.2, 2, 20, 2, 0.4]).reason).toMatch(
      /; more than 1,000 rounds would be needed: choose longer service times or a quieter machine$/,
    )
  })
})

test('rounds of which none counts decide nothing', () => {
  const { rounds, ...rest } = made({ b: [2, 2, 2], predicted: [0.5] })
  const why = { reason: 'the dispatcher stalled', figure: '9 % of the time' }
  const check = (played: number) => {
    const not_counted = rounds.map((_, round) => ({ round, ...why }))
    return whatIfCheck(whatIfFigures({ ...rest, rounds, not_counted, played }))
  }
  expect(check(3)).toEqual({
    verdict: 'UNDECIDED',
    reason: 'none of 3 rounds counts',
    worst: null,
  })
  // three others count
  expect(check(6).verdict).toBe('PASS')
})

describe('the control kernel', () => {
  const check = (predicted: number, ...control: readonly (number | null)[]) => {
    const { rounds, ...rest } = made({ b: control.map(() => 2), predicted: [predicted] })
    const timed = rounds.map(([block], i) => [{ ...block!, control: control[i]! }])
    return whatIfCheck(whatIfFigures({ ...rest, rounds: timed }))
  }

  test.each([0.5, 5])(
    'leaves it open where the machine differed, for whatever prediction: %f',
    (of) => {
      const { verdict, reason } = check(of, 0.03, 0.021, -0.1)
      expect(verdict).toBe('UNDECIDED')
      expect(reason).toMatch(/^the control kernel took 2\.1 % more time before B than before A, /)
      expect(check(of, -0.03, -0.03, 0).reason).toMatch(/took 3\.0 % less time before B/)
    },
  )

  test('leaves every percentile open: transformer one → two replicas, 12.6 % more', () => {
    const { rounds, ...rest } = made({ b: [2, 2, 2], predicted: [0.56] })
    const timed = rounds.map(([block]) => [{ ...block!, control: Math.log(1.126) }])
    const { percentiles } = whatIfFigures({ ...rest, rounds: timed })
    const judged = percentiles.filter(({ verdict }) => verdict !== null)
    expect(judged.map(({ p, verdict, open }) => [p, verdict, open])).toEqual([
      [0.5, 'UNDECIDED', 'machine'],
      [0.95, 'UNDECIDED', 'machine'],
    ])
    // with the same machine on both sides it fails
    expect(whatIfFigures({ ...rest, rounds }).percentiles[0]!.verdict).toBe('FAIL')
  })

  test('decides nothing where it differs in few blocks, or was not timed', () => {
    for (const control of [
      [0.019, 0.019, 0.5],
      [-0.019, -0.4, 0.01],
      [null, null, null],
    ]) {
      expect(check(0.5, ...control).verdict).toBe('PASS')
      expect(check(5, ...control).verdict).toBe('FAIL')
    }
  })
})

describe('a verdict takes the intervals of both sides', () => {
  type Interval = readonly [value: number, low: number | null, high: number | null]
  const estimate = ([value, low, high]: Interval) => ({ value, low, high, n: 4000 })
  const verdict = (measured: Interval, predicted: Interval) =>
    ratioVerdict({ predicted: estimate(predicted), measured: estimate(measured) }, 0.05)
  const exactly = (value: number): Interval => [value, value, value]

  // p50 of a busy machine, of which the measured interval alone made each a FAIL
  const OVERLAPPING = [
    ['yardstick one → two replicas', [1.21, 1.13, 1.29], [1.36, 1.12, 1.5]],
    ['transformer load 0.5 → 0.8', [1.38, 1.22, 1.55], [1.7, 1.3, 2.4]],
    ['yardstick load 0.5 → 0.8', [0.9, 0.3, 2.8], [40, 1, 310]],
    ['transformer one → two replicas', [0.96, 0.92, 0.99], [1.07, 0.94, 1.16]],
  ] as const
  test.each(OVERLAPPING)('%s: intervals that overlap are undecided', (_, measured, predicted) => {
    expect(verdict(measured, exactly(predicted[0]))).toBe('FAIL')
    expect(verdict(measured, predicted)).toBe('UNDECIDED')
  })

  test('yardstick window 1 ms → 0: undecided once idle executors may be e^1.1 times as slow', () => {
    const [measured, predicted] = [estimate([0.37, 0.33, 0.4]), estimate([0.5, 0.43, 0.6])]
    expect(ratioVerdict({ measured, predicted }, 0.05)).toBe('FAIL')
    const with_speed = { low: 0.5 * Math.exp(-Math.hypot(1.1, Math.log(0.5 / 0.43))), high: 0.6 }
    expect(ratioVerdict({ measured, predicted, with_speed }, 0.05)).toBe('UNDECIDED')
  })

  test('a defect that both intervals do not explain stays a FAIL', () => {
    expect(verdict([0.5, 0.45, 0.55], [1, 0.8, 1.25])).toBe('FAIL')
    expect(verdict([1, 0.8, 1.25], [0.5, 0.45, 0.55])).toBe('FAIL')
  })

  test('a wide prediction passes as a narrow one does: PASS needs the measured interval', () => {
    expect(verdict([1, 0.97, 1.03], [1, 0.2, 5])).toBe('PASS')
    expect(verdict([1, 0.9, 1.1], exactly(1))).toBe('UNDECIDED')
  })

  test('nothing fails where a prediction has no limit, or is no number', () => {
    const unlimited: Interval = [9, null, null]
    expect(verdict([1, 0.99, 1.01], unlimited)).toBe('UNDECIDED')
    expect(verdict([1, 0.99, 1.01], [9, Number.NaN, Number.NaN])).toBe('UNDECIDED')
    expect(verdict([1, 0.99, 1.01], [Number.NaN, Number.NaN, Number.NaN])).toBe('UNDECIDED')
    expect(verdict([Number.NaN, Number.NaN, Number.NaN], exactly(1))).toBe('UNDECIDED')
  })

  test('a single block shows no scatter, so it neither passes nor fails', () => {
    expect(verdict([1, null, null], exactly(1))).toBe('UNDECIDED')
    expect(verdict([1, null, null], exactly(9))).toBe('UNDECIDED')
  })
})

describe('a prediction that is too wide', () => {
  const WIDE = [0.52, 0.6, 0.7] as const
  const figuresOf = (...predicted: number[]) => whatIfFigures(made({ b: [2, 2, 2], predicted }))
  const open = ({ percentiles }: WhatIfFigures) =>
    percentiles.flatMap((row) => (row.open === undefined ? [] : [[row.p, row.open]]))

  test('is undecided, with what narrows it, and no round would', () => {
    const wide = figuresOf(...WIDE)
    expect(open(wide)).toEqual([
      [0.5, 'predicted'],
      [0.95, 'predicted'],
    ])
    expect(whatIfCheck(wide)).toMatchObject({
      verdict: 'UNDECIDED',
      reason: 'the prediction is too wide to tell at p50 and p95; a longer duration_s narrows it',
    })
    // with the median alone
    expect(whatIfCheck(figuresOf(0.6)).verdict).toBe('FAIL')
    expect(open(figuresOf(0.6))).toEqual([])
  })

  const reasons = ['executors may be faster']
  const remedies = ['look at `spillway doctor --idle`']
  const SPEED = [{ pool: 'central', low: 1, high: 1.3, reasons, remedies }]
  const doubt = (low: number) => ({
    speed: SPEED,
    factors: PERCENTILES.map(() => ({ low, high: 1 })),
  })

  test('is so for the speed of B, where only that leaves it open, and names its measurement', () => {
    const doubtful = withSpeedDoubt(figuresOf(0.6), doubt(0.8))
    expect(doubtful.speed).toBe(SPEED)
    for (const { predicted, with_speed } of doubtful.percentiles) {
      expect(predicted).toMatchObject({ low: predicted.value, high: predicted.value })
      expect(with_speed!.low! / predicted.value!).toBeCloseTo(0.8, 9)
      expect(with_speed!.high! / predicted.value!).toBeCloseTo(1, 9)
    }
    expect(open(doubtful)).toEqual([
      [0.5, 'predicted'],
      [0.95, 'predicted'],
    ])
    const { verdict, reason } = whatIfCheck(doubtful)
    expect(verdict).toBe('UNDECIDED')
    expect(reason).toMatch(
      /^the prediction is too wide to tell at p50 and p95; executors may be faster; to narrow it, look at `spillway doctor --idle`$/,
    )
  })

  test('fails in spite of the speed of B where that does not explain it, and passes as before', () => {
    const { verdict, reason } = whatIfCheck(withSpeedDoubt(figuresOf(0.8), doubt(0.8)))
    expect(verdict).toBe('FAIL')
    expect(reason).toMatch(/, at p50 and p95$/)
    expect(whatIfCheck(withSpeedDoubt(figuresOf(0.5), doubt(0.1))).verdict).toBe('PASS')
  })

  test('is ill-conditioned where its ends differ by half, which saturation explains first', () => {
    expect(isIllConditioned(figuresOf(...WIDE))).toBe(false)
    expect(isIllConditioned(figuresOf(0.4, 0.6, 0.9))).toBe(true)
    // neither where the verdict stands
    expect(isIllConditioned(figuresOf(0.4, 0.5, 0.9))).toBe(false)
    const elasticities = PERCENTILES.map((p) => (p === 0.5 ? -13.7 : -2))
    const saturated = withElasticities(figuresOf(0.4, 0.6, 0.9), elasticities)
    expect(saturated.percentiles[0]!.speed_elasticity).toBe(-13.7)
    expect(whatIfCheck(saturated).reason).toBe(
      'near saturation, where 1 % of speed moves the ratio by 14 % at p50: lower the load of the busier side; ' +
        'the prediction is too wide to tell at p50 and p95',
    )
    const unknown = withElasticities(saturated, [Number.NaN, Number.POSITIVE_INFINITY])
    expect(unknown.percentiles[0]!.speed_elasticity).toBe(-13.7)
  })
})

describe('a verdict needs as many requests in all rounds together as it would in one', () => {
  const verdict = (p: number, rounds: number, requests: number) =>
    judged({ b: Array(rounds).fill(2), predicted: [0.5], requests }).verdicts.get(p)

  // p50 is judged from 200 requests on, p95 from 2000
  test.each([
    [0.5, 2, 99, null],
    [0.5, 2, 100, 'PASS'],
    [0.95, 3, 666, null],
    [0.95, 3, 667, 'PASS'],
  ])('p(%f) of %i rounds of %i: %s', (p, rounds, requests, expected) => {
    expect(verdict(p, rounds, requests)).toBe(expected)
  })

  test('and where there are fewer, the check is undecided and says so', () => {
    const check = (requests: number) =>
      whatIfCheck(judged({ b: [2, 2], predicted: [0.5], requests }))
    const few = { verdict: 'UNDECIDED', worst: null }
    expect(check(80)).toEqual({ ...few, reason: 'p50 needs 200 requests in all rounds, got 160' })
    const reason = 'the replays have too few requests for any percentile'
    expect(check(40)).toEqual({ ...few, reason })
  })
})
