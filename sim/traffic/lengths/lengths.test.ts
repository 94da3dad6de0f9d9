import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { type LengthDistribution, lengthDistribution, lengthMix } from './lengths.ts'

const N = 200_000

function draws(lengths: LengthDistribution, count = N): Int32Array {
  return Int32Array.from({ length: count }, () => lengths.draw())
}

function distribution(lengths: Parameters<typeof lengthDistribution>[0]): Int32Array {
  return draws(lengthDistribution(lengths, new Random('lengths'))).sort()
}

/** Share of the values at or below x, and its distance from p in standard errors. */
function zOfShare(sorted: Int32Array, x: number, p: number): number {
  const share = sorted.filter((value) => value <= x).length / sorted.length
  return (share - p) / Math.sqrt((p * (1 - p)) / sorted.length)
}

describe('lengths', () => {
  test('fixed lengths are constant', () => {
    expect(new Set(distribution({ distribution: 'fixed', value: 17 }))).toEqual(new Set([17]))
  })

  test('uniform lengths have every value between both ends equally often, |z| <= 4', () => {
    const sorted = distribution({ distribution: 'uniform', min: 3, max: 7 })
    expect(new Set(sorted)).toEqual(new Set([3, 4, 5, 6, 7]))
    for (let x = 3; x < 7; x++) {
      expect(Math.abs(zOfShare(sorted, x, (x - 2) / 5))).toBeLessThanOrEqual(4)
    }
  })

  test('geometric lengths are memoryless: P(more than k) = (1 - 1/mean)^k, |z| <= 4', () => {
    const sorted = distribution({ distribution: 'geometric', mean: 5 })
    for (const k of [1, 2, 10, 20]) {
      expect(Math.abs(zOfShare(sorted, k, 1 - 0.8 ** k))).toBeLessThanOrEqual(4)
    }
    expect(new Set(distribution({ distribution: 'geometric', mean: 1 }))).toEqual(new Set([1]))
  })

  test('a lognormal has the stated median and p99', () => {
    const sorted = distribution({
      distribution: 'lognormal',
      median: 1000,
      p99: 9000,
      min: 1,
      max: 1e6,
    })
    expect(Math.abs(zOfShare(sorted, 1000, 0.5))).toBeLessThanOrEqual(4)
    expect(Math.abs(zOfShare(sorted, 9000, 0.99))).toBeLessThanOrEqual(4)
    // negative control: 5 % off
    expect(Math.abs(zOfShare(sorted, 1050, 0.5))).toBeGreaterThan(4)
  })

  test('a lognormal is clamped to its limits', () => {
    const sorted = distribution({
      distribution: 'lognormal',
      median: 64,
      p99: 480,
      min: 32,
      max: 512,
    })
    expect([sorted[0], sorted.at(-1)]).toEqual([32, 512])
  })

  test('a lognormal whose p99 is its median is constant', () => {
    const lengths = { median: 64, p99: 64, min: 1, max: 512 }
    expect(new Set(distribution({ distribution: 'lognormal', ...lengths }))).toEqual(new Set([64]))
  })

  test('quantiles match, and lengths are uniform between them, |z| <= 4', () => {
    const sorted = distribution({
      distribution: 'quantiles',
      quantiles: [
        [0, 1],
        [0.5, 1001],
        [0.9, 5001],
        [1, 9001],
      ],
    })
    expect(sorted[0]).toBeGreaterThanOrEqual(1)
    expect(sorted.at(-1)).toBeLessThanOrEqual(9001)
    for (const [x, p] of [
      [501, 0.25],
      [1001, 0.5],
      [5001, 0.9],
      [7001, 0.95],
    ] as const) {
      // half a length of rounding
      expect(Math.abs(zOfShare(sorted, x, p))).toBeLessThanOrEqual(4)
    }
  })

  test('a mix of recorded lengths draws from all of them', () => {
    const mixed = draws(lengthMix(Int32Array.of(5, 9, 5, 2), new Random('mix'))).sort()
    expect(Math.abs(zOfShare(mixed, 2, 0.25))).toBeLessThanOrEqual(4)
    expect(Math.abs(zOfShare(mixed, 5, 0.75))).toBeLessThanOrEqual(4)
  })
})
