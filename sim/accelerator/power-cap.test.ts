import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  CAP_VARIABLES,
  type CappedLoad,
  type CapRow,
  capErrors,
  cappedPowerW,
  capShare,
  fitCap,
  slowdownOf,
} from './index.ts'

const load = (capW: number, uncappedW = 280): CappedLoad => ({
  capW,
  limitW: 300,
  uncappedW,
  floorW: 80,
})
const CURVE = { variable: 'dynamic', knee: 0.8, slope: 0.6, lowestShare: 0.1 } as const

describe('the slowdown of a cap', () => {
  test('is 1 from the knee on and a power law below', () => {
    expect(slowdownOf(CURVE, load(240))).toEqual({ slowdown: 1, extrapolated: false })
    expect(slowdownOf(CURVE, load(300)).slowdown).toBe(1)
    expect(slowdownOf(CURVE, load(120)).slowdown).toBeCloseTo(4 ** 0.6, 12)
  })

  test('of a load that needs little power is 1', () => {
    expect(slowdownOf(CURVE, load(100, 85)).slowdown).toBe(1)
    expect(capShare(load(100, 80), 'dynamic')).toBe(Number.POSITIVE_INFINITY)
    // negative control: the cap over the limit cannot tell the two loads apart
    const limit = { ...CURVE, variable: 'limit' } as const
    expect(slowdownOf(limit, load(100, 85))).toEqual(slowdownOf(limit, load(100)))
    expect(slowdownOf(limit, load(100)).slowdown).toBeGreaterThan(1.5)
  })

  test('below all fitted shares is marked, and a cap at the floor is rejected', () => {
    expect(slowdownOf(CURVE, load(101)).extrapolated).toBe(false)
    expect(slowdownOf(CURVE, load(99)).extrapolated).toBe(true)
    expect(() => slowdownOf(CURVE, load(80))).toThrow('above the floor of 80 W, got 80 W')
  })

  test('never falls with a lower cap, for any variable', () => {
    const caps = fc.double({ min: 81, max: 300, noNaN: true })
    const curves = fc.record({
      variable: fc.constantFrom(...CAP_VARIABLES),
      knee: fc.double({ min: 0.1, max: 1.5, noNaN: true }),
      slope: fc.double({ min: 0, max: 3, noNaN: true }),
      lowestShare: fc.constant(0.1),
    })
    fc.assert(
      fc.property(curves, caps, caps, caps, (curve, a, b, uncappedW) => {
        const at = (capW: number) => slowdownOf(curve, load(capW, uncappedW)).slowdown
        expect(at(Math.min(a, b))).toBeGreaterThanOrEqual(at(Math.max(a, b)))
        expect(at(a)).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('leaves the power at the cap or below', () => {
    expect([cappedPowerW(load(200)), cappedPowerW(load(200, 150))]).toEqual([200, 150])
  })
})

describe('the fit', () => {
  const caps = [100, 125, 150, 175, 200, 225, 250, 275, 300]
  const rows = [140, 220, 280].flatMap((uncappedW) =>
    caps.map((capW): CapRow => {
      const row = load(capW, uncappedW)
      return { ...row, slowdown: slowdownOf(CURVE, row).slowdown }
    }),
  )
  const worst = (fitted: readonly CapRow[], variable: (typeof CAP_VARIABLES)[number]) =>
    Math.max(...capErrors(fitCap(fitted, variable), fitted).map(Math.abs))

  test('finds the curve that the rows are from', () => {
    const fitted = fitCap(rows, 'dynamic')
    expect(fitted.knee).toBeCloseTo(0.8, 6)
    expect(fitted.slope).toBeCloseTo(0.6, 6)
    expect(fitted.lowestShare).toBeCloseTo(0.1, 12)
    expect(worst(rows, 'dynamic')).toBeLessThan(1e-6)
  })

  test('negative control: over another variable the same rows leave large errors', () => {
    expect(worst(rows, 'limit')).toBeGreaterThan(0.3)
    expect(worst(rows, 'uncapped')).toBeGreaterThan(0.1)
  })

  test('of rows that do not slow down is 1 everywhere', () => {
    const flat = rows.map((row) => ({ ...row, slowdown: 1 }))
    for (const variable of CAP_VARIABLES) expect(worst(flat, variable)).toBe(0)
  })

  test('never rises with the cap: rows that do give a slope of 0', () => {
    const wrong = rows.map((row) => ({ ...row, slowdown: 1 / row.slowdown }))
    expect(fitCap(wrong, 'dynamic').slope).toBe(0)
  })

  test('needs rows', () => {
    expect(() => fitCap([], 'limit')).toThrow('rows with a lower cap')
  })
})
