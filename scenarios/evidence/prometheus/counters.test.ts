import { describe, expect, test } from 'vitest'
import {
  bucketCounts,
  CountsDisagree,
  expectSameCounts,
  expectWholeBuckets,
  increaseOf,
  levelsOf,
  meanOf,
  quantileRange,
  stepsOf,
  variationRange,
} from './counters.ts'
import { counted, FROM_S, seriesOf } from './response.test-helper.ts'

const NONE = undefined

function increaseIn(...columns: readonly (readonly (number | undefined)[])[]) {
  const series = columns.map((values, i) => seriesOf('a', values, { labels: { i: String(i) } }))
  const steps = stepsOf(series, 15)
  return increaseOf(series, steps)
}

describe('steps', () => {
  test('are as long as the usual gap, from the first sample to the last', () => {
    const steps = stepsOf([seriesOf('a', [1, 2, NONE, 3, 4])])
    expect(steps).toEqual({ from_s: FROM_S, step_s: 15, count: 4, late: 0.25 })
  })

  test('are the same where each server is scraped at a moment of its own', () => {
    const shifted = seriesOf('a', [10, 20, 30], { from_s: FROM_S + 11.3 })
    const series = [seriesOf('a', [1, 2, 3]), shifted]
    const steps = stepsOf(series)
    expect(steps.count).toBe(2)
    expect([...increaseOf(series, steps).steps]).toEqual([11, 11])
  })

  test('hold where the moments of scrapes vary', () => {
    const series = seriesOf('a', [1, 2, 4, 8, 16])
    const times = series.times.map((time, i) => time + (i % 2 === 0 ? 0.2 : -0.3))
    const steps = stepsOf([{ ...series, times }], 15)
    expect([...increaseOf([{ ...series, times }], steps).steps]).toEqual([1, 2, 4, 8])
  })

  test('that are longer hold what all their samples show', () => {
    const series = [seriesOf('a', counted([1, 2, 3, 4, 5, 6, 7, 8]))]
    const steps = stepsOf(series, 60)
    expect([...increaseOf(series, steps).steps]).toEqual([10, 26])
    expect([...levelsOf(series, steps)]).toEqual([0, 10, 36])
    const restarted = [seriesOf('a', [5, 9, 2, 4, 6])]
    const { steps: rises, atLeast, total } = increaseOf(restarted, stepsOf(restarted, 60))
    expect({ rises: [...rises], atLeast: [...atLeast], total }).toEqual({
      rises: [10],
      atLeast: [1],
      total: 10,
    })
  })

  test.each([
    ['no series', []],
    ['no samples', [seriesOf('a', [])]],
    ['one sample', [seriesOf('a', [1])]],
  ])('of %s are refused', (_, series) => {
    expect(() => stepsOf(series)).toThrow('expected samples at two times or more')
  })

  test('of a window without end are refused', () => {
    const far = seriesOf('a', [1, 2, ...Array<undefined>(9).fill(NONE), 3], { step_s: 1e6 })
    expect(() => stepsOf([far], 1)).toThrow('expected from 1 to 200000 steps, got 11000000')
  })
})

describe('increases', () => {
  test('of several servers are summed by step', () => {
    const { steps, total, resets, unknown, largest } = increaseIn([5, 6, 9], [100, 100, 104])
    expect([...steps]).toEqual([1, 7])
    expect({ total, resets, unknown, largest }).toEqual({
      total: 8,
      resets: 0,
      unknown: 0,
      largest: 7,
    })
  })

  test('at a reset are at least the value after it', () => {
    const { steps, atLeast, total, resets, missed } = increaseIn([10, 20, 3, 8])
    expect([...steps]).toEqual([10, 3, 5])
    expect([...atLeast]).toEqual([0, 1, 0])
    // what was counted before the restart is less than that of a step
    expect({ total, resets, missed }).toEqual({ total: 18, resets: 1, missed: 10 })
    expect(increaseIn([10, 20, NONE, 3, 8]).missed).toBe(Number.POSITIVE_INFINITY)
  })

  test('over a missing sample count for the whole, and for no step', () => {
    const { steps, total, unknown } = increaseIn([1, 2, NONE, 8, 9])
    expect([...steps]).toEqual([1, Number.NaN, Number.NaN, 1])
    expect({ total, unknown }).toEqual({ total: 8, unknown: 2 })
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%s is a missing sample', (value) => {
    expect([...increaseIn([1, value, 8]).steps]).toEqual([Number.NaN, Number.NaN])
  })

  test('of a step are unknown where one of the servers misses a sample', () => {
    const { steps } = increaseIn([1, 2, 3, 4], [1, NONE, 3, 4])
    expect([...steps]).toEqual([Number.NaN, Number.NaN, 2])
  })

  test('are lower bounds where a server appears or disappears', () => {
    const { steps, atLeast, total, missed } = increaseIn([1, 2, 3, 4, 5], [NONE, 7, 9, NONE, NONE])
    expect([...steps]).toEqual([1, 3, 1, 1])
    expect([...atLeast]).toEqual([1, 0, 1, 0])
    expect({ total, missed }).toEqual({ total: 6, missed: 7 + 3 })
  })

  test('between servers that follow one another are unknown', () => {
    const { steps } = increaseIn([1, 2, NONE, NONE, NONE], [NONE, NONE, NONE, 5, 6])
    expect([...steps]).toEqual([1, 0, 0, 1])
    expect([...increaseIn([1, 2, 4], []).steps]).toEqual([1, 2])
    const apart = increaseIn([1, 2, NONE, NONE, NONE, NONE], [NONE, NONE, NONE, NONE, 5, 6])
    expect([...apart.steps]).toEqual([1, 0, Number.NaN, 0, 1])
    expect([...apart.atLeast]).toEqual([0, 1, 0, 1, 0])
  })
})

test('gauges are summed where all that live have a sample', () => {
  const series = [
    seriesOf('a', [1, 2, 3, 4]),
    seriesOf('a', [5, NONE, 6, NONE]),
    seriesOf('a', [NONE, NONE, NONE, 7]),
  ]
  const steps = stepsOf(series, 15)
  expect([...levelsOf(series, steps)]).toEqual([6, Number.NaN, 9, 11])
})

describe('means', () => {
  const mean = (sums: readonly number[], counts: readonly number[]) => {
    const [sum, count] = [sums, counts].map((rises) => seriesOf('a', counted(rises)))
    const steps = stepsOf([count!])
    return meanOf(increaseOf([sum!], steps), increaseOf([count!], steps))
  }

  test('are the ratio of the increases', () => {
    expect(mean([30, 0, 50], [3, 0, 1])).toEqual({ mean: 20, low: null, high: null, count: 4 })
    expect(mean([0, 0], [0, 0])).toBeNull()
  })

  test('have an interval where steps show how they vary', () => {
    const sums = [10, 12, 8, 11, 9, 10, 12, 8]
    const found = mean(
      sums,
      sums.map(() => 1),
    )!
    expect(found).toMatchObject({ mean: 10, count: 8 })
    // by hand: squares 18, √(18 · 8 / 7) / 8 = 0.567
    expect(found.high! - found.mean).toBeCloseTo(1.96 * 0.567, 2)
    expect(found.mean - found.low!).toBeCloseTo(found.high! - found.mean, 9)
  })

  test('hold over a reset, since sum and count begin again together', () => {
    const sums = seriesOf('a', [100, 120, 10, 30])
    const counts = seriesOf('a', [10, 12, 1, 3])
    const steps = stepsOf([counts])
    expect(meanOf(increaseOf([sums], steps), increaseOf([counts], steps))!.mean).toBe(10)
  })
})

type Column = readonly [le: string, values: readonly number[]]

describe('buckets', () => {
  const buckets = (...columns: Column[]) =>
    columns.map(([le, values]) => seriesOf('a_bucket', values, { labels: { le } }))
  const counts = (...columns: Column[]) => {
    const series = buckets(...columns)
    return bucketCounts('a_bucket', series, stepsOf(series))
  }

  test('hold what lies between their bounds', () => {
    const found = counts(['+Inf', [10, 30]], ['5', [0, 4]], ['1e1', [2, 20]])
    expect(found).toEqual({ bounds: [5, 10, Number.POSITIVE_INFINITY], counts: [4, 14, 2] })
  })

  test('give the bounds of a quantile, if it has two', () => {
    const found = counts(['1', [0, 10]], ['2', [0, 60]], ['4', [0, 90]], ['+Inf', [0, 100]])
    expect(quantileRange(found, 0.05)).toBeNull()
    expect(quantileRange(found, 0.5)).toEqual({ low: 1, high: 2 })
    expect(quantileRange(found, 0.9)).toEqual({ low: 2, high: 4 })
    expect(quantileRange(found, 0.99)).toBeNull()
    expect(quantileRange(counts(['1', [0, 0]], ['+Inf', [0, 0]]), 0.5)).toBeNull()
  })

  test.each<[string, Column[], string]>([
    ['without +Inf', [['1', [0, 1]]], 'a_bucket: expected a bucket with le="+Inf", got none'],
    ['with another bound', [['x', [0, 1]]], 'a_bucket: expected a number in the label le, got x'],
    [
      'that fall',
      [
        ['1', [0, 20]],
        ['+Inf', [0, 10]],
      ],
      'expected counts that rise with le, got 10 up to Infinity after 20 up to 1',
    ],
  ])('%s are refused', (_, columns, problem) => {
    expect(() => counts(...columns)).toThrow(problem)
  })

  test('must hold what their histogram counts', () => {
    const found = counts(['1', [0, 40]], ['+Inf', [0, 100]])
    const increase = (total: number) => {
      const series = [seriesOf('a_count', [0, total])]
      return increaseOf(series, stepsOf(series))
    }
    expect(() => expectWholeBuckets('a', found, increase(101))).not.toThrow()
    expect(() => expectWholeBuckets('a', found, increase(110))).toThrow(CountsDisagree)
  })
})

describe('counts of the same requests', () => {
  const named = (name: string, rises: readonly (number | undefined)[]) => {
    const series = [seriesOf(name, rises)]
    return { name, increase: increaseOf(series, stepsOf(series, 15)) }
  }
  const steps = { from_s: FROM_S, step_s: 15, count: 6, late: 0.25 }
  const first = named('a', counted([10, 12, 9, 10, 11, 10]))

  test('may differ by what scrapes cut off', () => {
    const other = named('b', counted([0, 10, 12, 9, 10, 11]))
    expect(() => expectSameCounts(first, other, steps)).not.toThrow()
  })

  test('are refused where they differ by more', () => {
    const other = named('b', counted([4, 5, 3, 4, 4, 5]))
    expect(() => expectSameCounts(first, other, steps)).toThrow(
      '2026-11-30T00:00:00.000Z to 2026-11-30T00:01:30.000Z: expected counts that differ by at ' +
        'most 26, got 62 of a and 25 of b',
    )
    expect(() => expectSameCounts(first, other, steps)).toThrow(CountsDisagree)
  })

  test('are compared where both are known', () => {
    const other = named('b', [0, 10, 22, NONE, NONE, NONE, 62])
    expect(() => expectSameCounts(first, other, steps)).not.toThrow()
  })
})

describe('the variation of observations', () => {
  const counts = { bounds: [1, 2], counts: [10, 10] }

  test('is between that of equal ones in each bucket and that of all at its bounds', () => {
    expect(variationRange(counts, 1)).toEqual({ low: expect.closeTo(0), high: expect.closeTo(1) })
    // ten at 1 and ten at 1.5 at least; most with ten at 2, five at 1 and five at 0
    const most = Math.sqrt(45 / (20 * 1.25 ** 2) - 1)
    const range = { low: expect.closeTo(0.2), high: expect.closeTo(most) }
    expect(variationRange(counts, 1.25)).toEqual(range)
  })

  test('has no upper limit where some are beyond the last bound', () => {
    const beyond = { bounds: [1, 2, Number.POSITIVE_INFINITY], counts: [10, 10, 1] }
    expect(variationRange(beyond, 1.5)).toMatchObject({ high: null })
  })

  test('is not known where the mean does not fit the buckets', () => {
    expect(variationRange(counts, 0.4)).toBeNull()
    expect(variationRange(counts, 1.6)).toBeNull()
    expect(variationRange({ bounds: [1], counts: [0] }, 1)).toBeNull()
  })
})
