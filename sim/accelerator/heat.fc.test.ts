import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  advance,
  type Constant,
  msUntilTemperature,
  type RackHeat,
  type RackTemperatures,
  steadyTemperatures,
} from './index.ts'

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const constant = (value: number): Constant => ({
  value,
  origin: 'uncalibrated',
  source: 'drawn',
})

interface Case {
  readonly rack: RackHeat
  readonly state: RackTemperatures
  readonly powersW: readonly number[]
}

const cases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.array(fc.tuple(between(0.02, 0.5), between(20, 2000), between(10, 95), between(0, 1000)), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.tuple(between(15, 35), fc.oneof(fc.constant(0), between(0, 0.02)), between(100, 1e6)),
    between(15, 45),
  )
  .map(([drawn, [supply, recirculation, lag], inletC]) => ({
    rack: {
      devices: drawn.map(([resistance, capacity]) => ({
        resistanceKPerW: constant(resistance),
        capacityJPerK: constant(capacity),
      })),
      supplyC: constant(supply),
      recirculationKPerW: constant(recirculation),
      lagMs: constant(lag),
    },
    state: { inletC, deviceC: drawn.map(([, , temperature]) => temperature) },
    powersW: drawn.map(([, , , watts]) => watts),
  }))
const time = between(0, 3e6)

const all = ({ inletC, deviceC }: RackTemperatures) => [inletC, ...deviceC]
const closeTo = (a: RackTemperatures, b: RackTemperatures) => {
  all(a).forEach((value, i) => {
    expect(Math.abs(value - all(b)[i]!)).toBeLessThan(1e-8)
  })
}

test('an interval split in two gives the same', () => {
  fc.assert(
    fc.property(cases, time, time, ({ rack, state, powersW }, first, second) => {
      const whole = advance(rack, state, powersW, first + second)
      const half = advance(rack, state, powersW, first)
      closeTo(advance(rack, half, powersW, second), whole)
    }),
  )
})

test('negative control: Euler steps give other temperatures when split', () => {
  const euler = (from: number, ms: number) => from + (ms / 40_000) * (81 - from)
  expect(Math.abs(euler(euler(25, 10_000), 10_000) - euler(25, 20_000))).toBeGreaterThan(1)
})

test('temperatures stay between the coldest and the warmest of now and of the end', () => {
  fc.assert(
    fc.property(cases, time, ({ rack, state, powersW }, ms) => {
      const at = advance(rack, state, powersW, ms)
      const end = steadyTemperatures(rack, powersW)
      at.deviceC.forEach((value, i) => {
        const rise = rack.devices[i]!.resistanceKPerW.value * powersW[i]!
        const inlets = [state.inletC + rise, end.inletC + rise]
        const bounds = [state.deviceC[i]!, ...inlets]
        expect(value).toBeGreaterThanOrEqual(Math.min(...bounds) - 1e-9)
        expect(value).toBeLessThanOrEqual(Math.max(...bounds) + 1e-9)
      })
    }),
  )
})

test('more power never makes any device cooler, nor does a warmer start', () => {
  fc.assert(
    fc.property(cases, time, between(0, 300), between(0, 20), (drawn, ms, watts, kelvin) => {
      const { rack, state, powersW } = drawn
      const more = powersW.map((power, i) => (i === 0 ? power + watts : power))
      const warmer = {
        inletC: state.inletC + kelvin,
        deviceC: state.deviceC.map((value) => value + kelvin),
      }
      const base = all(advance(rack, state, powersW, ms))
      const hot = all(advance(rack, warmer, more, ms))
      hot.forEach((value, i) => {
        expect(value).toBeGreaterThanOrEqual(base[i]! - 1e-9)
      })
    }),
  )
})

test('in the end the temperatures are the steady ones, and those stay', () => {
  fc.assert(
    fc.property(cases, time, ({ rack, state, powersW }, ms) => {
      const end = steadyTemperatures(rack, powersW)
      closeTo(advance(rack, state, powersW, 1e9), end)
      closeTo(advance(rack, end, powersW, ms), end)
    }),
  )
})

test('at the predicted time the device has the temperature, and at no earlier one', () => {
  const sides = fc.constantFrom('at least' as const, 'at most' as const)
  let crossed = 0
  fc.assert(
    fc.property(cases, sides, between(10, 120), between(0, 1), (drawn, side, limitC, share) => {
      const { rack, state, powersW } = drawn
      const ms = msUntilTemperature(rack, state, powersW, { device: 0, side, limitC })
      const sign = side === 'at least' ? 1 : -1
      const past = (at: number) => sign * (advance(rack, state, powersW, at).deviceC[0]! - limitC)
      if (ms === Number.POSITIVE_INFINITY) {
        expect(past(3e6 * share)).toBeLessThan(1e-9)
      } else if (ms > 0) {
        crossed++
        expect(Math.abs(past(ms))).toBeLessThan(1e-7)
        expect(past(ms * share)).toBeLessThan(1e-7)
      } else expect(past(0)).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 1000, seed: 20261127 },
  )
  expect(crossed).toBeGreaterThan(100)
})
