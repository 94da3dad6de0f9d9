import { describe, expect, test } from 'vitest'
import { BytesFit } from './fit-bytes.ts'
import { type MemoryTask, profiledShapes } from './memory-pass.ts'

const task = (of: Partial<MemoryTask>, shape: readonly ('batch' | 'length' | number)[]) => ({
  file: {
    path: 'none',
    key: 'none',
    content: 'none',
    bytes: 0,
    inputs: [{ name: 'x', type: 'float32', shape, fill: 'normal', vocabulary: 0 } as const],
  },
  threads: 1,
  maxBatch: 8,
  lengths: { min: 1, max: 512 },
  padTo: 1,
  ...of,
})
const shapesOf = (of: Partial<MemoryTask>, shape: readonly ('batch' | 'length' | number)[]) =>
  profiledShapes(task(of, shape))

describe('the shapes in which a model is profiled', () => {
  test('distinguish all terms of a size, and include the largest possible batch', () => {
    const shapes = shapesOf({ maxBatch: 32 }, ['batch', 'length'])
    expect(shapes.at(-1)).toEqual([32, 512])
    const sizes = shapes.map(([b, l]) => 1 + 2 * l + b * (3 + 4 * l + 5 * l * l))
    expect(new BytesFit(shapes).of(sizes)).toEqual({
      fixed: 1,
      perLength: 2,
      perItem: 3,
      perToken: 4,
      perTokenSquared: 5,
    })
  })

  test.each([
    { min: 32, max: 320 },
    { min: 1, max: 512 },
    { min: 60, max: 64 },
    { min: 100, max: 100 },
  ])('make rounded sizes visible, for lengths from $min to $max', (lengths) => {
    const shapes = shapesOf({ lengths }, ['batch', 'length'])
    expect(new Set(shapes.map(([, l]) => l)).size).toBeGreaterThanOrEqual(4)
    const halved = shapes.map(([b, l]) => 8 * b * Math.ceil(l / 2))
    expect(new BytesFit(shapes).of(halved)).toBe(null)
    // but not if padding makes the lengths whole
    const padded = shapesOf({ lengths, padTo: 2 }, ['batch', 'length'])
    const whole = padded.map(([b, l]) => 8 * b * Math.ceil(l / 2))
    expect(new BytesFit(padded).of(whole)).toMatchObject({ perToken: 4 })
  })

  test('are padded, and no longer than the longest request', () => {
    for (const padTo of [1, 8, 16]) {
      const shapes = shapesOf({ padTo, lengths: { min: 500, max: 505 } }, ['batch', 'length'])
      const longest = Math.ceil(505 / padTo) * padTo
      expect(Math.max(...shapes.map(([, l]) => l))).toBe(longest)
      expect(shapes.every(([, l]) => l > 0 && l % padTo === 0)).toBe(true)
    }
  })

  test('vary only in the free dimensions of the model', () => {
    const fixed = shapesOf({ lengths: { min: 1, max: 1 } }, ['batch', 64])
    expect(new Set(fixed.map(([, l]) => l))).toEqual(new Set([1]))
    expect(new BytesFit(fixed).of(fixed.map(([b]) => 256 * b))).toMatchObject({ perItem: 256 })
    const single = shapesOf({}, [1, 'length'])
    expect(new Set(single.map(([b]) => b))).toEqual(new Set([1]))
    const rigid = shapesOf({ lengths: { min: 1, max: 1 } }, [1, 64])
    expect(new BytesFit(rigid).of(rigid.map(() => 12))).toMatchObject({ fixed: 12 })
  })
})
