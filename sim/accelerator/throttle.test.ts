import { describe, expect, test } from 'vitest'
import {
  advance,
  type Constant,
  clockAt,
  levelAt,
  nextThrottle,
  type RackHeat,
  type RackTemperatures,
  type Throttle,
} from './index.ts'

const constant = (value: number, origin: Constant['origin'] = 'uncalibrated'): Constant => ({
  value,
  origin,
  source: 'made up',
})
// temperatures: product brief of the H100 PCIe
const THROTTLE: Throttle = {
  steps: [
    { fromC: constant(87, 'published'), clock: constant(0.8) },
    { fromC: constant(89, 'published'), clock: constant(0.3) },
  ],
  hysteresisK: constant(3),
  shutdownC: constant(92, 'published'),
}
const RACK: RackHeat = {
  devices: [{ resistanceKPerW: constant(0.1), capacityJPerK: constant(400) }],
  supplyC: constant(30),
  recirculationKPerW: constant(0.01),
  lagMs: constant(200_000),
}

describe('throttling', () => {
  test('lowers the clock step by step, and to 0 at the shutdown', () => {
    expect([0, 1, 2, 3].map((level) => clockAt(THROTTLE, level))).toEqual([1, 0.8, 0.3, 0])
    expect([86.9, 87, 89, 92].map((at) => levelAt(THROTTLE, 0, at))).toEqual([0, 1, 2, 3])
  })

  test('ends a step only below its start less the hysteresis', () => {
    expect([86, 84.1, 84].map((at) => levelAt(THROTTLE, 1, at))).toEqual([1, 1, 0])
    expect(levelAt(THROTTLE, 2, 83)).toBe(0)
    // negative control: without the memory of its level the device would be at full clock
    expect(levelAt(THROTTLE, 0, 86)).toBe(0)
  })

  test('does not end a shutdown', () => {
    expect(levelAt(THROTTLE, 3, 20)).toBe(3)
    const never = { ...THROTTLE, shutdownC: null }
    expect(levelAt(never, 0, 150)).toBe(2)
  })

  test('needs a hysteresis, without which a step would end as it begins', () => {
    const none = { ...THROTTLE, hysteresisK: constant(0) }
    expect(() => levelAt(none, 0, 87)).toThrow('hysteresis above 0 K')
  })
})

/** Changes of level in 30 minutes, with the power that each clock leads to. */
function changes(watts: number): { readonly ms: number; readonly level: number }[] {
  const list: { ms: number; level: number }[] = []
  let state: RackTemperatures = { inletC: 30, deviceC: [30] }
  let [ms, level] = [0, 0]
  for (;;) {
    const powersW = [100 + (watts - 100) * clockAt(THROTTLE, level)]
    const next = nextThrottle(THROTTLE, RACK, state, { powersW, device: 0, level })
    if (ms + next.inMs > 1_800_000) return list
    state = advance(RACK, state, powersW, next.inMs)
    ms += next.inMs
    level = next.level
    list.push({ ms, level })
  }
}

describe('the next change', () => {
  test('is never at a power that the air can take', () => {
    expect(changes(500)).toEqual([])
  })

  test('at a higher power begins minutes later, alternates, and settles with the warm inlet', () => {
    const list = changes(600)
    expect(list[0]!.ms).toBeGreaterThan(60_000)
    expect(list.map(({ level }) => level)).toEqual([1, 0, 1, 0, 1])
    expect(list.every(({ ms }, i) => i === 0 || ms > list[i - 1]!.ms)).toBe(true)
  })

  test('agrees with the level by temperature, a moment later', () => {
    const state = { inletC: 30, deviceC: [80] }
    const powersW = [700]
    const next = nextThrottle(THROTTLE, RACK, state, { powersW, device: 0, level: 0 })
    const at = (ms: number) => levelAt(THROTTLE, 0, advance(RACK, state, powersW, ms).deviceC[0]!)
    expect([at(next.inMs - 1), at(next.inMs + 1)]).toEqual([0, next.level])
  })

  test('after a shutdown never is', () => {
    const state = { inletC: 30, deviceC: [92] }
    const now = { powersW: [0], device: 0, level: 3 }
    expect(nextThrottle(THROTTLE, RACK, state, now)).toEqual({
      inMs: Number.POSITIVE_INFINITY,
      level: 3,
    })
  })
})
