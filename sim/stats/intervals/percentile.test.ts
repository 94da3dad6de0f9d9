import { describe, expect, test } from 'vitest'
import {
  lastSupported,
  neededForUpper,
  noVerdictReason,
  PERCENTILES,
  percentile,
  percentileKey,
  percentileLabel,
  rankOf,
  supports,
  supportsVerdict,
  unsupportedReason,
  upperProbability,
} from './percentile.ts'

const upTo = (n: number) => Float64Array.from({ length: n }, (_, i) => i + 1)

describe('percentile', () => {
  test('the p-percentile of 1 .. n is ceil(p n)', () => {
    expect(percentile(upTo(10), 0.5)).toBe(5)
    expect(percentile(upTo(11), 0.5)).toBe(6)
    expect(percentile(upTo(1000), 0.999)).toBe(999)
    expect(percentile(upTo(1001), 0.999)).toBe(1000)
    expect(percentile(upTo(10), 0)).toBe(1)
    expect(percentile(upTo(10), 1)).toBe(10)
  })

  test('whole percents of 100 values are whole ranks, however p is rounded', () => {
    for (let percent = 1; percent <= 100; percent++)
      expect(rankOf(percent / 100, 100)).toBe(percent)
  })

  test('is NaN without values', () => {
    expect(percentile(new Float64Array(), 0.5)).toBeNaN()
  })

  test('over all arrivals, lost requests are above every latency', () => {
    expect(percentile(upTo(98), 0.98, 2)).toBe(98)
    expect(percentile(upTo(98), 0.99, 2)).toBe(Number.POSITIVE_INFINITY)
    expect(percentile(upTo(50), 0.5, 50)).toBe(50)
  })
})

describe('the rank that is not too low', () => {
  test.each([0.5, 0.9, 0.99, 0.999])('of p = %s has an expected share of at least p', (p) => {
    const least = neededForUpper(p)
    expect(upperProbability(p, least - 1)).toBeGreaterThan(1)
    for (const n of [least, least + 1, 2 * least, 12_345]) {
      const rank = rankOf(upperProbability(p, n), n)
      expect(rank / (n + 1)).toBeGreaterThanOrEqual(p - 1e-12)
      expect((rank - 1) / (n + 1)).toBeLessThan(p)
      expect(rank - rankOf(p, n)).toBeLessThanOrEqual(1)
    }
  })

  test('takes 99 requests for p99, whose largest it is', () => {
    expect([neededForUpper(0.99), upperProbability(0.99, 99)]).toEqual([99, 1])
  })
})

describe('names', () => {
  test('keys are those of the documents, labels are readable', () => {
    expect(PERCENTILES.map(percentileKey)).toEqual(['p50', 'p90', 'p95', 'p99', 'p99_9'])
    expect(PERCENTILES.map(percentileLabel)).toEqual(['p50', 'p90', 'p95', 'p99', 'p99.9'])
    expect(percentileLabel(0.9999)).toBe('p99.99')
  })
})

describe('support', () => {
  test.each([
    [0.5, 60],
    [0.9, 300],
    [0.95, 600],
    [0.99, 3000],
    [0.999, 30_000],
  ])('p = %s is printed from %s requests on', (p, n) => {
    expect(supports(n, p)).toBe(true)
    expect(supports(n - 1, p)).toBe(false)
  })

  test('a verdict needs 100 requests beyond the percentile', () => {
    expect(supportsVerdict(10_000, 0.99)).toBe(true)
    expect(supportsVerdict(9999, 0.99)).toBe(false)
    expect(supportsVerdict(1000, 0.9)).toBe(true)
  })

  test('the last supported probability is supported', () => {
    for (const n of [31, 100, 1234, 30_000, 999_999]) {
      expect(supports(n, lastSupported(n))).toBe(true)
      expect(supports(n - 1, lastSupported(n))).toBe(false)
    }
  })

  test('nothing supports p100', () => {
    expect(supports(1e12, 1)).toBe(false)
  })

  test('the reason has the number of requests needed', () => {
    expect(unsupportedReason(12_000, 0.999)).toBe(
      'p99.9 needs 30,000 requests in each run, got 12,000',
    )
    expect(noVerdictReason(0, 0.99, 'in each replay')).toBe(
      'p99 needs 10,000 requests in each replay, got 0',
    )
  })
})
