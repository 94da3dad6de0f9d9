import { describe, expect, test } from 'vitest'
import { stream } from '../../../sim/kernel/index.ts'
import {
  activationLevels,
  LARGEST_WEIGHT_LEVEL,
  quantiseBias,
  quantiseWeights,
  type Range,
} from './steps.ts'

const range = (min: number, max: number): Range => ({ min, max, finite: true })

/** A value as it comes back from uint8. */
function comesBack(value: number, { scale, zero }: { scale: number; zero: number }): number {
  const level = Math.min(255, Math.max(0, Math.round(value / scale) + zero))
  return scale * (level - zero)
}

describe('activations', () => {
  test.each([
    [-3, 5],
    [0, 6],
    [-2, 0],
    [0.5, 4],
    [-7, -1],
    [-1e-3, 1e4],
  ])('within %s to %s come back within half a step, and 0 exactly', (min, max) => {
    const levels = activationLevels(range(min, max))
    expect(comesBack(0, levels)).toBe(0)
    const [low, high] = [Math.min(0, min), Math.max(0, max)]
    expect((255 * levels.scale) / (high - low)).toBeCloseTo(1, 6)
    for (let i = 0; i <= 1000; i++) {
      const value = low + ((high - low) * i) / 1000
      // the zero level is rounded, so an end may lie half a step beyond the last level
      expect(Math.abs(comesBack(value, levels) - value)).toBeLessThanOrEqual(0.501 * levels.scale)
    }
  })

  test('that are never negative have no level beyond their largest one', () => {
    for (const max of [6, 0.1, 1 / 3, 255.5, 1e-3]) {
      const { scale, zero } = activationLevels(range(0, max))
      expect(zero).toBe(0)
      expect(Math.fround(scale * 255)).toBeLessThanOrEqual(max)
    }
  })

  test('that are always 0 have a scale nevertheless', () => {
    expect(activationLevels(range(0, 0))).toEqual({ scale: 1, zero: 0 })
  })
})

describe('weights', () => {
  const random = stream(1, 0, 'weights')
  /** Channel c is 10^c times as large as the first. */
  const drawn = (dims: number[], axis: number) => {
    const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1)
    const values = Float32Array.from(
      { length: dims.reduce((product, size) => product * size, 1) },
      (_, i) => random.normal() * 10 ** (Math.floor(i / inner) % dims[axis]!),
    )
    return { dims, axis, values, channelOf: (i: number) => Math.floor(i / inner) % dims[axis]! }
  }

  test.each([
    [[4, 3, 3, 3], 0],
    [[20, 4], 1],
    [[4, 20], 0],
  ])('of %s come back within half a step of their channel on axis %i', (dims, axis) => {
    const { values, channelOf } = drawn(dims, axis)
    const { levels, scales } = quantiseWeights({ dims, axis, values }, null)
    for (const [i, value] of values.entries()) {
      const scale = scales[channelOf(i)]!
      expect(Math.abs(levels[i]! * scale - value)).toBeLessThanOrEqual(0.5001 * scale)
    }
    // one scale for all would lose the smallest channel
    expect(scales[3]! / scales[0]!).toBeGreaterThan(100)
    expect(Math.max(...levels.map(Math.abs))).toBe(LARGEST_WEIGHT_LEVEL)
  })

  test('never saturate 16 bits in a pair of products with the largest activations', () => {
    expect(2 * 255 * LARGEST_WEIGHT_LEVEL).toBeLessThan(2 ** 15)
  })

  test('that are 0 or tiny leave room for their bias in 32 bits', () => {
    const bias = { values: Float32Array.of(3, -2, 0, 5), inputScale: 0.01 }
    const values = Float32Array.of(0, 1e-25, 0, 1)
    const weights = quantiseWeights({ dims: [1, 4], axis: 1, values }, bias)
    const { levels, scales } = quantiseBias(bias, weights.scales)
    for (const [i, value] of bias.values.entries()) {
      expect(scales[i]).toBeGreaterThan(0)
      expect(levels[i]! * scales[i]!).toBeCloseTo(value, 4)
    }
    expect(weights.levels[3]).toBe(LARGEST_WEIGHT_LEVEL)
  })
})
