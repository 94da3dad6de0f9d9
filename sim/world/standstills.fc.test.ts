import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { joinIntervals, Standstills } from './standstills.ts'

const part = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 15 }))
  .map(([from, length]): [number, number] => [from, from + length])
const parts = fc.array(part, { maxLength: 20 })

test('joined intervals are disjoint, rise, and cover what their parts cover', () => {
  fc.assert(
    fc.property(parts, (all) => {
      const { from, to } = joinIntervals(all)
      from.forEach((start, i) => {
        expect(start).toBeLessThan(to[i]!)
        if (i > 0) expect(start).toBeGreaterThan(to[i - 1]!)
      })
      for (let t = 0.5; t < 120; t++) {
        const covered = all.some(([start, end]) => start < t && t < end)
        expect(from.some((start, i) => start < t && t < to[i]!)).toBe(covered)
      }
    }),
  )
})

test('what falls due in a standstill waits for its end, and nothing else does', () => {
  fc.assert(
    fc.property(parts, fc.double({ min: 0, max: 130, noNaN: true }), (all, at) => {
      const intervals = joinIntervals(all)
      const within = intervals.from.findIndex((from, i) => from <= at && at < intervals.to[i]!)
      const standstills = new Standstills(intervals)
      expect(standstills.release(at)).toBe(within < 0 ? at : intervals.to[within])
      expect(standstills.release(standstills.release(at))).toBe(standstills.release(at))
    }),
  )
})

describe('a standstill', () => {
  const standstills = new Standstills({ from: [10, 30], to: [20, 31] })

  test('includes its beginning and not its end', () => {
    const times = [9.999, 10, 19.999, 20, 30, 31]
    expect(times.map((at) => standstills.release(at))).toEqual([9.999, 20, 20, 20, 31, 31])
  })

  test('may be none at all', () => {
    expect(new Standstills({ from: [], to: [] }).release(5)).toBe(5)
  })
})
