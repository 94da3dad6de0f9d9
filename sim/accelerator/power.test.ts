import { describe, expect, test } from 'vitest'
import {
  type Constant,
  carbonG,
  type PowerModel,
  powerByUse,
  powerOf,
  requestEnergyJ,
  stepEnergyJ,
  tokenEnergyJ,
  uncalibrated,
  usdPerMillion,
} from './index.ts'

const constant = (value: number, origin: Constant['origin']): Constant => ({
  value,
  origin,
  source: 'made up',
})
const MODEL: PowerModel = {
  idleW: constant(70, 'uncalibrated'),
  limitW: constant(700, 'published'),
  measured: {
    decode: [
      { batch: 8, value: 486 },
      { batch: 128, value: 670 },
    ],
  },
}

describe('power of a device', () => {
  test('follows the measured points over the logarithm of the batch', () => {
    const { watts, origin, extrapolated } = powerOf(MODEL, { phase: 'decode', batch: 32 })
    expect(watts).toBeCloseTo(578, 10)
    expect([origin, extrapolated]).toEqual(['measured', false])
  })

  test('outside the measured batches is the nearest power, and is marked', () => {
    const above = powerOf(MODEL, { phase: 'decode', batch: 1024 })
    expect([above.watts, above.extrapolated]).toEqual([670, true])
  })

  test('of an idle device has the origin of its constant', () => {
    const idle = { watts: 70, origin: 'uncalibrated', extrapolated: false }
    expect(powerOf(MODEL, { phase: 'idle' })).toEqual(idle)
  })

  test('of a phase without points is linear in use, never above the limit, and uncalibrated', () => {
    const prefill = { phase: 'prefill', batch: 4 } as const
    const at = (computeShare: number, bandwidthShare: number) =>
      powerOf(MODEL, { ...prefill, computeShare, bandwidthShare })
    expect(at(0, 0).watts).toBe(70)
    expect(at(0.3, 0.2).watts).toBeCloseTo(385, 10)
    expect(at(0.9, 0.9).watts).toBe(700)
    expect(powerOf(MODEL, prefill)).toEqual(powerByUse(MODEL, {}))
    expect(at(0.3, 0.2).origin).toBe('uncalibrated')
    // negative control: a phase with points is not
    expect(powerOf(MODEL, { ...prefill, phase: 'decode' }).origin).toBe('measured')
  })
})

describe('energy', () => {
  test('of all requests is the energy of all steps', () => {
    const steps = [
      { watts: 500, ms: 10, sequences: 1 },
      { watts: 600, ms: 12, sequences: 3 },
    ]
    const [long, short] = [steps, steps.slice(1)]
    const total = stepEnergyJ(steps[0]!) + stepEnergyJ(steps[1]!)
    expect(total).toBeCloseTo(12.2, 12)
    expect(requestEnergyJ(long) + 2 * requestEnergyJ(short)).toBeCloseTo(total, 12)
    // negative control: without the shares it is counted more than once
    const unshared = steps.map((step) => ({ ...step, sequences: 1 }))
    expect(requestEnergyJ(unshared) + 2 * requestEnergyJ(unshared.slice(1))).toBeGreaterThan(20)
  })

  test('of a token is the published one: 486 W at 1,070 tokens/s are 0.454 J', () => {
    expect(tokenEnergyJ(486, 1070)).toBeCloseTo(0.454, 3)
  })
})

describe('cost and carbon', () => {
  test('of a million tokens: $3.60 an hour at 1,000 tokens/s is $1', () => {
    expect(usdPerMillion(3.6, 1000)).toBeCloseTo(1, 12)
    expect(usdPerMillion(3.6, 500)).toBeCloseTo(2, 12)
  })

  test('1 kWh at 400 g/kWh and a PUE of 1.2 is 480 g', () => {
    expect(carbonG(3.6e6, { gramsPerKwh: 400, pue: 1.2 })).toBeCloseTo(480, 10)
    expect(() => carbonG(1, { gramsPerKwh: 400, pue: 0.9 })).toThrow('PUE of at least 1')
  })
})

test('uncalibrated constants are listed by name, in objects and lists', () => {
  const { idleW, limitW } = MODEL
  expect(uncalibrated({ idleW, limitW, parts: [{ idleW }] })).toEqual(['idleW', 'parts.0.idleW'])
  expect(uncalibrated({ limitW, name: 'none', absent: null })).toEqual([])
})
