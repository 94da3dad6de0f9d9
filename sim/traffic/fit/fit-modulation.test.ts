import { describe, expect, test } from 'vitest'
import { stateShares } from '../arrivals/modulation.ts'
import { fitFactors, productStates } from './fit-modulation.ts'
import { dispersionOf, type RateFactor, type SteppedRate } from './modulated-dispersion.ts'

const expectedDispersion = (
  rate: SteppedRate & { readonly factors: readonly RateFactor[] },
  windowMs: number,
) => dispersionOf(rate, windowMs)(rate.factors)

const RATE = { mean: 0.0026, durationMs: 3_436_000, steps: [1] }
const measured = (...dispersions: number[]) =>
  dispersions.map((dispersion, i) => ({ windowMs: [100, 1000, 10_000, 60_000][i]!, dispersion }))

describe('fitted factors', () => {
  // dispersions of the Azure code trace, and of traffic that is bursty at one scale
  test.each([[[2.54, 13.2, 71.6, 164]], [[1.5, 3, 8, 12]]])(
    'give the dispersions %j',
    (dispersions) => {
      const factors = fitFactors(RATE, measured(...dispersions))
      for (const { windowMs, dispersion } of measured(...dispersions)) {
        const fitted = expectedDispersion({ ...RATE, factors }, windowMs)
        expect(Math.abs(fitted / dispersion - 1)).toBeLessThan(0.015)
      }
    },
  )

  test('with steps of the rate explain only the rest', () => {
    const steps = { ...RATE, steps: [0.5, 1.5, 1, 1] }
    const wanted = measured(1.5, 2.5, 12, 40)
    const factors = fitFactors(steps, wanted)
    for (const { windowMs, dispersion } of wanted) {
      expect(expectedDispersion({ ...steps, factors }, windowMs)).toBeCloseTo(dispersion, 0)
    }
  })

  test('of Poisson traffic are absent', () => {
    expect(fitFactors(RATE, measured(1, 1, 0.99, 0.985))).toEqual([])
    expect(fitFactors(RATE, measured(0.99, 0.96, 1.001, 0.98))).toEqual([])
    expect(fitFactors(RATE, [])).toEqual([])
  })

  test('cannot make long windows less bursty than short ones: the long ones become too bursty', () => {
    const factors = fitFactors(RATE, measured(2, 9, 4, 4))
    expect(expectedDispersion({ ...RATE, factors }, 1000)).toBeCloseTo(9, 1)
    expect(expectedDispersion({ ...RATE, factors }, 10_000)).toBeGreaterThan(4)
  })
})

describe('the product of factors as states', () => {
  const factors = [
    { variance: 0.25, scaleMs: 10 },
    { variance: 3, scaleMs: 200 },
  ]
  const states = productStates(factors)
  const shares = stateShares(states)
  const mean = (of: (factor: number) => number) =>
    states.reduce((sum, { factor }, i) => sum + shares[i]! * of(factor), 0)

  test('has a mean of 1 and the second moment of the product', () => {
    expect(states).toHaveLength(4)
    expect(mean((factor) => factor)).toBeCloseTo(1, 12)
    expect(mean((factor) => factor * factor)).toBeCloseTo(1.25 * 4, 12)
  })

  test('is silent in the lower state of a factor with a variance above 1', () => {
    expect(states.filter(({ factor }) => factor === 0)).toHaveLength(2)
    expect(Math.min(...productStates(factors.slice(0, 1)).map((state) => state.factor))).toBe(0.5)
  })

  test('changes one factor at a time, at the rates of its scale', () => {
    for (const [i, { meanMs, next }] of states.entries()) {
      expect(next.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12)
      expect(next[i]).toBe(0)
      expect(next[i ^ 3]).toBe(0)
      // both directions of the first factor: 1 / 10 ms
      const there = next[i ^ 1]! / meanMs
      const back = states[i ^ 1]!.next[i]! / states[i ^ 1]!.meanMs
      expect(there + back).toBeCloseTo(1 / 10, 12)
    }
  })
})
