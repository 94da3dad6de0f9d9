import { describe, expect, test } from 'vitest'
import type { Shape } from './arena-log.ts'
import { BytesFit } from './fit-bytes.ts'

const shapes: readonly Shape[] = [
  [1, 24],
  [2, 40],
  [3, 56],
  [5, 24],
  [7, 40],
  [3, 104],
  [32, 512],
]
const sizes = (of: (b: number, l: number) => number) => shapes.map(([b, l]) => of(b, l))

describe('bytes of a buffer', () => {
  test('are recovered exactly, for any combination of terms', () => {
    const fit = new BytesFit(shapes)
    expect(fit.of(sizes((b, l) => 12 + 3 * l + b * (7 + 512 * l + 16 * l * l)))).toEqual({
      fixed: 12,
      perLength: 3,
      perItem: 7,
      perToken: 512,
      perTokenSquared: 16,
    })
    expect(fit.of(sizes(() => 4))).toMatchObject({ fixed: 4, perToken: 0 })
    // an eighth of the length, as after three strides of two
    expect(fit.of(sizes((b, l) => b * 3 * (l / 8)))).toMatchObject({ perToken: 0.375 })
  })

  test('are rejected if no polynomial gives them, even if they differ by one byte', () => {
    const fit = new BytesFit(shapes)
    expect(fit.of(sizes((b, l) => b * l * l * l))).toBe(null)
    expect(fit.of(sizes((b, l) => b * l + (b === 3 ? 1 : 0)))).toBe(null)
    expect(fit.of(sizes((b, l) => b * Math.ceil(l / 16)))).toBe(null)
  })

  test('depend only on the batch if there is one length', () => {
    const batches = [1, 2, 3, 5].map((b): Shape => [b, 1])
    const fit = new BytesFit(batches)
    expect(fit.of([2048, 4096, 6144, 10240])).toMatchObject({ perItem: 2048, perToken: 0 })
    expect(fit.of([1, 4, 9, 25])).toBe(null)
  })

  test('need more shapes than terms, otherwise nothing is left to check them', () => {
    expect(() => new BytesFit(shapes.slice(0, 5))).toThrow('Expected more than 5 shapes, got 5')
  })
})
