import { expect, test } from 'vitest'
import { stream } from '../../kernel/index.ts'
import { holmAdjusted } from './holm.ts'
import { pocockLevel } from './pocock.ts'
import { signFlipInterval, signFlipP } from './sign-flip.ts'

/** Fisher 1935, The Design of Experiments, section 21: Darwin's maize, in eighths of an inch. */
const DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48]

test("Darwin's maize has the 863 of 32,768 sums that Fisher counted", () => {
  expect(signFlipP(DARWIN) * 2 ** 15).toBe(863)
})

test('the p-value is the share of sums that counting one by one finds', () => {
  const random = stream(7, 0, 'sign flips')
  for (let trial = 0; trial < 40; trial++) {
    const n = 1 + random.integer(11)
    const values = Array.from({ length: n }, () => Math.round(10 * random.normal()) / 10)
    const sum = values.reduce((a, b) => a + b, 0)
    let count = 0
    for (let signs = 0; signs < 2 ** n; signs++) {
      const flipped = values.reduce((a, b, i) => a + (signs & (1 << i) ? b : -b), 0)
      if (flipped >= sum - 1e-9) count++
    }
    expect(signFlipP(values)).toBeCloseTo(count / 2 ** n, 12)
  }
})

test('ten positive differences reject at 2^-10, which is the least there is', () => {
  expect(signFlipP(Array(10).fill(1))).toBe(2 ** -10)
  expect(signFlipP(Array(10).fill(0))).toBe(1)
  expect(() => signFlipP([])).toThrow(RangeError)
})

test('an interval holds the centres that the test does not reject', () => {
  const { low, high } = signFlipInterval(DARWIN, 0.025)
  const at = (centre: number) => signFlipP(DARWIN.map((value) => value - centre))
  expect(at(low! - 1e-6)).toBeLessThanOrEqual(0.025)
  expect(at(low! + 1e-6)).toBeGreaterThan(0.025)
  // Fisher's t interval of the same data is -0.03 to 41.8
  expect(low).toBeGreaterThan(-2)
  expect(high).toBeLessThan(43)
  expect(signFlipInterval([1, 2, 3], 0.025)).toEqual({ low: null, high: null })
  expect(signFlipInterval(Array(8).fill(2), 0.025)).toEqual({ low: 2, high: 2 })
})

test('intervals of 95 % cover a mean that is 0 in 95 % of trials, and one that is off in fewer', () => {
  const random = stream(11, 0, 'coverage')
  let [covered, shifted] = [0, 0]
  const trials = 800
  for (let i = 0; i < trials; i++) {
    const values = Array.from({ length: 10 }, () => random.normal())
    const { low, high } = signFlipInterval(values, 0.025)
    if (low! <= 0 && high! >= 0) covered++
    if (low! <= 0.5 && high! >= 0.5) shifted++
  }
  expect(covered / trials).toBeGreaterThan(0.93)
  expect(covered / trials).toBeLessThan(0.968)
  expect(shifted / trials).toBeLessThan(0.85)
})

test.each([
  // Pocock 1977 and Jennison and Turnbull 2000, table 2.1: two-sided, so twice the one-sided alpha
  [2, 0.05, 2.178],
  [3, 0.05, 2.289],
  [5, 0.05, 2.413],
  [3, 0.01, 2.873],
  [3, 0.1, 1.992],
])('%i equal looks at a two-sided %f have the published limit %f', (looks, alpha, limit) => {
  const level = pocockLevel(
    Array.from({ length: looks }, (_, i) => i + 1),
    alpha / 2,
  )
  expect(Math.abs(limit - normalUpper(level))).toBeLessThan(0.002)
})

/** The limit of a level, found by the tail of the normal distribution. */
function normalUpper(level: number): number {
  // Abramowitz and Stegun 26.2.23, error below 4.5e-4
  const t = Math.sqrt(-2 * Math.log(level))
  const top = 2.515517 + 0.802853 * t + 0.010328 * t * t
  return t - top / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t)
}

test('Holm multiplies each p-value by the tests that are left', () => {
  const round = (values: number[]) => values.map((value) => Number(value.toFixed(6)))
  // Holm 1979; R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  expect(round(holmAdjusted([0.01, 0.04, 0.03, 0.005]))).toEqual([0.03, 0.06, 0.06, 0.02])
  expect(holmAdjusted([0.6, 0.7])).toEqual([1, 1])
})
