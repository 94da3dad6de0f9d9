import { describe, expect, test } from 'vitest'
import { structureError, structureVerdict } from './structure-check.ts'

/** Twenty simulations around a mean, ms, with a standard deviation of about `spread`. */
const runs = (mean: number, spread: number) =>
  Array.from({ length: 20 }, (_, i) => mean + spread * 1.2 * Math.sin(2.4 * i + 0.3))

const error = (mean: number, spread: number, measured = 10) =>
  structureError(0, measured, runs(mean, spread))

describe('one replay', () => {
  test('passes where a further run would lie within 1 %, fails where it would not', () => {
    expect(error(10.02, 0.01).verdict).toBe('PASS')
    expect(error(10.2, 0.01).verdict).toBe('FAIL')
    expect(error(9.8, 0.01).verdict).toBe('FAIL')
  })

  test('is undecided where simulations of one machine scatter by more, however many they are', () => {
    const { verdict, low, high } = error(10.2, 0.2)
    expect(verdict).toBe('UNDECIDED')
    // t of 19 degrees of freedom at 99 % is 2.86
    expect(high - low).toBeGreaterThan(2 * 2.8 * 0.15)
    expect(high - low).toBeLessThan(2 * 2.9 * 0.25)
  })

  test('is allowed 30 µs', () => {
    expect(error(0.125, 0.001, 0.1).verdict).toBe('PASS')
    expect(error(0.14, 0.001, 0.1).verdict).toBe('FAIL')
  })

  test('has an interval above zero, however far simulations of one machine scatter', () => {
    const { low, simulated, high } = structureError(0, 10, [1, 2, 40, 3, 1, 25])
    expect(low).toBeGreaterThan(0)
    expect(high / simulated).toBeCloseTo(simulated / low, 9)
  })
})

describe('several replays', () => {
  test('pass by their mean error, where noise leaves each of them open', () => {
    const errors = [9.99, 10.02, 10.01, 9.98].map((mean) => error(mean, 0.2))
    expect(errors.every(({ verdict }) => verdict === 'UNDECIDED')).toBe(true)
    expect(structureVerdict(errors)).toBe('PASS')
  })

  test('fail by their mean error, where noise hides a bias in each of them', () => {
    const errors = [10.29, 10.32, 10.31, 10.28].map((mean) => error(mean, 0.2))
    expect(errors.every(({ verdict }) => verdict === 'UNDECIDED')).toBe(true)
    expect(structureVerdict(errors)).toBe('FAIL')
  })

  test('are undecided where their errors scatter, and fail where one is off beyond its noise', () => {
    expect(structureVerdict([9.7, 10.4, 9.9].map((mean) => error(mean, 0.2)))).toBe('UNDECIDED')
    const off = error(10.5, 0.01)
    const good = Array.from({ length: 30 }, () => error(10, 0.01))
    expect(structureVerdict([...good, off])).toBe('FAIL')
  })

  test('one alone speaks for itself', () => {
    expect(structureVerdict([error(10.02, 0.01)])).toBe('PASS')
    expect(structureVerdict([error(10.02, 0.2)])).toBe('UNDECIDED')
  })
})
