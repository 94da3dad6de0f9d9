import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { halfBits } from './half.ts'

/** The value of an IEEE 754-2008 binary16, by the definition in section 3.4. */
function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 31
  const fraction = half & 1023
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  if (exponent === 0) return sign * fraction * 2 ** -24
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

describe('float32 to float16', () => {
  test('every float16 that is a number maps to itself', () => {
    for (let half = 0; half < 65_536; half++) {
      const value = numberOf(half)
      if (!Number.isNaN(value)) expect(halfBits(value)).toBe(half)
    }
  })

  test('no other float16 is nearer than the chosen one', () => {
    const finite = fc.float({ min: -65_504, max: 65_504, noNaN: true })
    const small = fc.float({ min: Math.fround(-1e-4), max: Math.fround(1e-4), noNaN: true })
    fc.assert(
      fc.property(fc.oneof(finite, small), (value) => {
        const half = halfBits(value)
        const error = Math.abs(numberOf(half) - value)
        for (const neighbour of [half - 1, half + 1]) {
          const distance = Math.abs(numberOf(neighbour & 0xffff) - value)
          if (!Number.isNaN(distance)) expect(error).toBeLessThanOrEqual(distance)
        }
      }),
    )
  })

  test('a tie is rounded to the even neighbour', () => {
    expect(numberOf(halfBits(2049))).toBe(2048)
    expect(numberOf(halfBits(2051))).toBe(2052)
    expect(halfBits(2 ** -25)).toBe(0)
    expect(halfBits(3 * 2 ** -25)).toBe(2)
  })

  test('values above the largest float16 become infinite, and NaN stays NaN', () => {
    expect(halfBits(65_519)).toBe(0x7bff)
    expect(halfBits(65_520)).toBe(0x7c00)
    expect(halfBits(-1e30)).toBe(0xfc00)
    expect(numberOf(halfBits(Number.NaN))).toBeNaN()
  })
})
