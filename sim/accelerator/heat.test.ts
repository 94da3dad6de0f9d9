import { describe, expect, test } from 'vitest'
import {
  advance,
  type Constant,
  capacityOf,
  msUntilTemperature,
  type RackHeat,
  steadyTemperatures,
  timeConstantMs,
} from './index.ts'

const constant = (value: number): Constant => ({
  value,
  origin: 'uncalibrated',
  source: 'made up',
})
const DEVICE = { resistanceKPerW: constant(0.08), capacityJPerK: constant(500) }
const TAU_MS = 40_000
const rack = (recirculation: number, lagMs = 300_000, devices = 1): RackHeat => ({
  devices: new Array(devices).fill(DEVICE),
  supplyC: constant(25),
  recirculationKPerW: constant(recirculation),
  lagMs: constant(lagMs),
})
const ALONE = rack(0)
const COLD = { inletC: 25, deviceC: [25] }
const until = (of: RackHeat, side: 'at least' | 'at most', limitC: number, watts = 700) =>
  msUntilTemperature(of, COLD, [watts], { device: 0, side, limitC })

describe('a device with constant inlet air', () => {
  test('has the time constant R C', () => {
    expect(timeConstantMs(DEVICE)).toBeCloseTo(TAU_MS, 9)
    expect(capacityOf(TAU_MS, 0.08)).toBeCloseTo(500, 12)
  })

  test('covers 1 − 1/e of the way to inlet + R P in a time constant', () => {
    expect(steadyTemperatures(ALONE, [700]).deviceC[0]).toBeCloseTo(81, 12)
    const { deviceC } = advance(ALONE, COLD, [700], TAU_MS)
    expect(deviceC[0]).toBeCloseTo(25 + 56 * (1 - 1 / Math.E), 10)
    // negative control: a resistance 5 % larger is seen
    const other = { ...DEVICE, resistanceKPerW: constant(0.084) }
    const wrong = advance({ ...ALONE, devices: [other] }, COLD, [700], TAU_MS)
    expect(Math.abs(wrong.deviceC[0]! - deviceC[0]!)).toBeGreaterThan(0.5)
  })

  test('reaches half of the way after τ ln 2, and never its end', () => {
    expect(until(ALONE, 'at least', 53)).toBeCloseTo(TAU_MS * Math.LN2, 6)
    expect(until(ALONE, 'at least', 81)).toBe(Number.POSITIVE_INFINITY)
    expect(until(ALONE, 'at least', 25)).toBe(0)
    expect(until(ALONE, 'at most', 24)).toBe(Number.POSITIVE_INFINITY)
  })

  test('cools as it warms', () => {
    const hot = { inletC: 25, deviceC: [81] }
    const down = { device: 0, side: 'at most', limitC: 53 } as const
    expect(msUntilTemperature(ALONE, hot, [0], down)).toBeCloseTo(TAU_MS * Math.LN2, 6)
  })

  test('does not run backwards', () => {
    expect(() => advance(ALONE, COLD, [700], -1)).toThrow('at least 0 ms')
  })
})

describe('a rack', () => {
  test('has an inlet that rises by the power of all devices, with its lag', () => {
    const eight = rack(0.002, 300_000, 8)
    const cold = { inletC: 25, deviceC: new Array<number>(8).fill(25) }
    const powers = new Array<number>(8).fill(700)
    const end = steadyTemperatures(eight, powers)
    expect(end.inletC).toBeCloseTo(36.2, 10)
    expect(end.deviceC[7]).toBeCloseTo(92.2, 10)
    const { inletC } = advance(eight, cold, powers, 300_000)
    expect(inletC).toBeCloseTo(25 + 11.2 * (1 - 1 / Math.E), 10)
  })

  test.each([300_000, TAU_MS, TAU_MS * (1 + 1e-9), 4000])(
    'agrees with its differential equation, stepped finely (lag %d ms)',
    (lagMs) => {
      const shared = rack(0.02, lagMs)
      const stepped = { inlet: 25, device: 60 }
      const dt = 5
      for (let ms = 0; ms < 60_000; ms += dt) {
        // midpoint rule
        const slopes = ({ inlet, device }: typeof stepped) => ({
          inlet: (25 + 0.02 * 600 - inlet) / lagMs,
          device: (inlet + 0.08 * 600 - device) / TAU_MS,
        })
        const first = slopes(stepped)
        const half = {
          inlet: stepped.inlet + (dt / 2) * first.inlet,
          device: stepped.device + (dt / 2) * first.device,
        }
        const middle = slopes(half)
        stepped.inlet += dt * middle.inlet
        stepped.device += dt * middle.device
      }
      const { inletC, deviceC } = advance(shared, { inletC: 25, deviceC: [60] }, [600], 60_000)
      expect(inletC).toBeCloseTo(stepped.inlet, 4)
      expect(deviceC[0]).toBeCloseTo(stepped.device, 4)
    },
  )

  test('warms a device past its limit minutes after it would have settled alone', () => {
    const shared = rack(0.02)
    expect(until(ALONE, 'at least', 87)).toBe(Number.POSITIVE_INFINITY)
    const ms = until(shared, 'at least', 87)
    expect(ms).toBeGreaterThan(3 * TAU_MS)
    expect(advance(shared, COLD, [700], ms).deviceC[0]).toBeCloseTo(87, 9)
  })

  test('lets a device cool first and warm later, and finds both times', () => {
    // a hot device over a cold inlet that will warm up
    const state = { inletC: 25, deviceC: [60] }
    const shared = rack(0.1)
    const limit = (side: 'at least' | 'at most', limitC: number) =>
      msUntilTemperature(shared, state, [300], { device: 0, side, limitC })
    const low = limit('at most', 56)
    const high = limit('at least', 61)
    expect(low).toBeLessThan(high)
    for (const [ms, at] of [
      [low, 56],
      [high, 61],
    ] as const) {
      expect(advance(shared, state, [300], ms).deviceC[0]).toBeCloseTo(at, 8)
    }
    // below the turning point, and beyond the end
    expect(limit('at most', 45)).toBe(Number.POSITIVE_INFINITY)
    expect(limit('at least', 79.01)).toBe(Number.POSITIVE_INFINITY)
  })
})
