import { describe, expect, test } from 'vitest'
import type { Verdict } from '../../documents/index.ts'
import { PERCENTILES, percentile } from '../../stats/index.ts'
import type { Block } from './blocks.ts'
import { type WhatIfRuns, whatIfCheck, whatIfFigures } from './what-if.ts'

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
