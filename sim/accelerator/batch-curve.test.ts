import { describe, expect, test } from 'vitest'
import { type BatchCurve, readCurve } from './index.ts'

const POINTS = [
  { batch: 8, value: 100 },
  { batch: 32, value: 300 },
  { batch: 64, value: 200 },
]
const curve = (over: BatchCurve['over'], outside: BatchCurve['outside']): BatchCurve => ({
  points: POINTS,
  over,
  outside,
})

describe('a measured curve', () => {
  test('passes through its points, also where they fall', () => {
    for (const over of ['batch', 'log batch'] as const) {
      for (const { batch, value } of POINTS) {
        expect(readCurve(curve(over, 'line'), batch)).toEqual({ value, extrapolated: false })
      }
    }
  })

  test('is a line over the batch or over its logarithm', () => {
    expect(readCurve(curve('batch', 'line'), 20).value).toBeCloseTo(200, 12)
    expect(readCurve(curve('log batch', 'line'), 16).value).toBeCloseTo(200, 12)
    // negative control: the other axis has another value there
    expect(readCurve(curve('batch', 'line'), 16).value).toBeLessThan(170)
  })

  test('outside its points keeps the nearest value or the nearest line, and is marked', () => {
    expect(readCurve(curve('batch', 'nearest'), 128)).toEqual({ value: 200, extrapolated: true })
    const { value, extrapolated } = readCurve(curve('batch', 'line'), 96)
    expect([value, extrapolated]).toEqual([100, true])
    expect(readCurve(curve('log batch', 'line'), 4).value).toBeCloseTo(0, 12)
    expect(readCurve(curve('batch', 'nearest'), 64).extrapolated).toBe(false)
  })

  test('of one point is constant; of none, and for a batch of 0, it is rejected', () => {
    const single = { points: POINTS.slice(0, 1), over: 'batch', outside: 'line' } as const
    expect(readCurve(single, 9)).toEqual({ value: 100, extrapolated: true })
    expect(() => readCurve({ ...single, points: [] }, 9)).toThrow('at least one measured point')
    expect(() => readCurve(single, 0)).toThrow('batch above 0')
  })
})
