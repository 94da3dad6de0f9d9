import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { tInterval } from './interval.ts'
import { furtherValue, geometricMean, positiveMean } from './positive.ts'

const KINDS = [
  ['positiveMean', positiveMean],
  ['geometricMean', geometricMean],
  ['furtherValue', furtherValue],
] as const

const positive = fc.double({ min: 1e-6, max: 1e9, noNaN: true })

describe.each(KINDS)('%s', (_, interval) => {
  test('has positive ends around its value, however much the values scatter', () => {
    fc.assert(
      fc.property(fc.array(positive, { minLength: 2, maxLength: 20 }), (values) => {
        const { value, low, high } = interval(values)
        expect(low).toBeGreaterThan(0)
        expect(value).toBeGreaterThanOrEqual(low!)
        expect(high).toBeGreaterThanOrEqual(value)
        expect(high).toBeLessThan(Number.POSITIVE_INFINITY)
      }),
    )
  })

  test('does not depend on the unit', () => {
    const values = [3, 1, 4, 1, 5]
    const { value, low, high } = interval(values)
    const scaled = interval(values.map((ms) => 1000 * ms))
    expect(scaled.value / value).toBeCloseTo(1000, 9)
    expect([scaled.low! / low!, scaled.high! / high!]).toEqual([1000, 1000].map(closeTo))
  })

  test('widens with the level', () => {
    const values = [3, 1, 4, 1, 5]
    expect(interval(values, 0.99).high!).toBeGreaterThan(interval(values, 0.9).high!)
  })

  test('has width 0 where all values are equal, and none for a single one', () => {
    expect(interval(Array(7).fill(0.1))).toEqual({ value: 0.1, low: 0.1, high: 0.1 })
    expect(interval([7])).toEqual({ value: 7, low: null, high: null })
    const infinite = Number.POSITIVE_INFINITY
    expect(interval([1, infinite])).toEqual({ value: infinite, low: null, high: null })
  })

  test('where a value was 0 it ends at 0', () => {
    const { value, low, high } = interval([0, 0, 3])
    expect([value, low]).toEqual([1, 0])
    expect(high).toBeGreaterThanOrEqual(tInterval([0, 0, 3]).high!)
  })
})

const closeTo = (value: number) => expect.closeTo(value, 6)

test('negative control: the linear t interval of scattered latencies reaches below zero', () => {
  expect(tInterval([2, 2.2, 14]).low).toBeLessThan(0)
})

test('where values hardly scatter, all averages and intervals are nearly the linear one', () => {
  const values = [100, 101, 99, 100.5, 99.5]
  const linear = tInterval(values)
  for (const { value, low, high } of [positiveMean(values), geometricMean(values)]) {
    expect(value).toBeCloseTo(linear.value, 2)
    expect(low).toBeCloseTo(linear.low!, 1)
    expect(high).toBeCloseTo(linear.high!, 1)
  }
})

test('the geometric mean is exp of the t interval of logarithms', () => {
  const { value, low, high } = geometricMean([1, 10, 100])
  expect(value).toBeCloseTo(10, 9)
  // s = ln 10, and t of 2 degrees of freedom is 4.302653
  const factor = Math.exp((4.302652729749462 * Math.LN10) / Math.sqrt(3))
  expect(low! * factor).toBeCloseTo(10, 7)
  expect(high! / factor).toBeCloseTo(10, 7)
})

test('the mean of values that add up is arithmetic, and its factor exp(half-width / mean)', () => {
  const { value, low, high } = positiveMean([1, 2, 3, 4, 5])
  expect(value).toBe(3)
  const factor = Math.exp((2.7764451051977987 * Math.sqrt(0.5)) / 3)
  expect(low! * factor).toBeCloseTo(3, 9)
  expect(high! / factor).toBeCloseTo(3, 9)
})

test('a further value scatters by sqrt(n + 1) times as much as the mean', () => {
  const values = [3, 1, 4, 1, 5]
  const [mean, further] = [geometricMean(values), furtherValue(values)]
  const width = ({ low, high }: typeof mean) => Math.log(high! / low!)
  expect(width(further) / width(mean)).toBeCloseTo(Math.sqrt(6), 9)
  expect(further.value).toBe(mean.value)
})
