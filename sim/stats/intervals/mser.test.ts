import seedrandom from 'seedrandom'
import { describe, expect, test } from 'vitest'
import { mser5 } from './mser.ts'

describe('mser5', () => {
  test('cuts a known transient at its end', () => {
    const random = seedrandom.alea('transient')
    const values = Array.from({ length: 5000 }, (_, i) => (i < 400 ? 10 : 0) + random())
    const { truncate, short } = mser5(values)
    expect(short).toBe(false)
    expect(truncate).toBeGreaterThanOrEqual(400)
    expect(truncate).toBeLessThan(450)
  })

  test('cuts an exponential transient down to the noise, but not the run', () => {
    const random = seedrandom.alea('exponential')
    const values = Array.from({ length: 10_000 }, (_, i) => 20 * Math.exp(-i / 200) + random())
    const { truncate, short } = mser5(values)
    expect(short).toBe(false)
    // the transient decays to the deviation of the noise, 0.29, after 200 ln(20 / 0.29) = 850
    // values
    expect(truncate).toBeGreaterThan(600)
    expect(truncate).toBeLessThan(2000)
  })

  test('keeps a run without a transient', () => {
    const random = seedrandom.alea('stationary')
    const values = Array.from({ length: 5000 }, () => random())
    expect(mser5(values).truncate).toBeLessThan(500)
    expect(mser5(new Array(100).fill(3))).toEqual({ truncate: 0, short: false })
  })

  test('is the least marginal standard error over all cuts', () => {
    const random = seedrandom.alea('brute force')
    const values = Array.from({ length: 203 }, (_, i) => (i < 30 ? 2 : 0) + random())
    const fives = Array.from({ length: 40 }, (_, j) =>
      values.slice(5 * j, 5 * j + 5).reduce((a, b) => a + b / 5, 0),
    )
    const errors = Array.from({ length: 21 }, (_, d) => {
      const rest = fives.slice(d)
      const mean = rest.reduce((a, b) => a + b, 0) / rest.length
      return rest.reduce((a, b) => a + (b - mean) ** 2, 0) / rest.length ** 2
    })
    expect(mser5(values).truncate).toBe(5 * errors.indexOf(Math.min(...errors)))
  })

  test('reports a run that is too short for its transient', () => {
    expect(mser5(Array.from({ length: 100 }, (_, i) => i)).short).toBe(true)
    expect(mser5([1, 2, 3]).short).toBe(true)
  })
})
