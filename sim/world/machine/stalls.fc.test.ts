import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actsOf, type DueEvent, joinIntervals, NEVER, nextAct, Stalls, stallsOf } from './stalls.ts'

const part = fc
  .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 15 }))
  .map(([from, length]): [number, number] => [from, from + length])
const parts = fc.array(part, { maxLength: 20 })

test('joined intervals are disjoint, rise, and cover the same times as their parts', () => {
  fc.assert(
    fc.property(parts, (drawnParts) => {
      const { from, to } = joinIntervals(drawnParts)
      from.forEach((start, i) => {
        expect(start).toBeLessThan(to[i]!)
        if (i > 0) expect(start).toBeGreaterThan(to[i - 1]!)
      })
      for (let t = 0.5; t < 120; t++) {
        const covered = drawnParts.some(([start, end]) => start < t && t < end)
        expect(from.some((start, i) => start < t && t < to[i]!)).toBe(covered)
      }
    }),
  )
})

test('only an event that is due in a stall is delayed, to the end of that stall', () => {
  fc.assert(
    fc.property(parts, fc.double({ min: 0, max: 130, noNaN: true }), (drawnParts, at) => {
      const intervals = joinIntervals(drawnParts)
      const within = intervals.from.findIndex((from, i) => from <= at && at < intervals.to[i]!)
      const stalls = new Stalls(intervals)
      expect(stalls.release(at)).toBe(within < 0 ? at : intervals.to[within])
      expect(stalls.release(stalls.release(at))).toBe(stalls.release(at))
    }),
  )
})

test('a time overlaps the stalls if it has an instant in common with one', () => {
  fc.assert(
    fc.property(parts, part, (drawnParts, [start, end]) => {
      const { from, to } = joinIntervals(drawnParts)
      const common = from.some((at, i) => Math.max(at, start) < Math.min(to[i]!, end))
      expect(new Stalls({ from, to }).overlap(start, end)).toBe(common)
    }),
  )
})

describe('a stall', () => {
  const stalls = new Stalls({ from: [10, 30], to: [20, 31] })

  test('includes its beginning and not its end', () => {
    const times = [9.999, 10, 19.999, 20, 30, 31]
    expect(times.map((at) => stalls.release(at))).toEqual([9.999, 20, 20, 20, 31, 31])
  })

  test('may be absent', () => {
    expect(new Stalls({ from: [], to: [] }).release(5)).toBe(5)
  })
})

describe('stalls of a run', () => {
  const stallsWith = (...late: DueEvent[]) => {
    const usual = Array.from({ length: 9 }, (_, i): DueEvent => [i, i + 0.02])
    const turns = [...usual, ...late]
    return stallsOf(turns, actsOf(turns), 0.2)
  }

  test('do not include a usual delay', () => {
    expect(stallsWith([20, 20.05], [30, 30.11])).toEqual(NEVER)
  })

  test('last from shortly before an event was due to the next act of the dispatcher', () => {
    expect(stallsWith([20, 25])).toEqual({ from: [19.8], to: [25] })
    expect(stallsWith([20, 25], [22, 22.01])).toEqual({ from: [19.8], to: [22.01] })
  })

  test('do not begin before the last act', () => {
    expect(stallsWith([20, 25], [19.9, 19.91])).toEqual({ from: [19.91], to: [25] })
  })

  test('begin when the event was due, unless they are to begin before', () => {
    const turns: DueEvent[] = [...Array(9).keys()].map((i) => [i, i + 0.02])
    const late: DueEvent[] = [...turns, [20, 25]]
    expect(stallsOf(late, actsOf(late))).toEqual({ from: [20], to: [25] })
  })

  test('are absent where an event was late but the dispatcher was active', () => {
    const acts = Array.from({ length: 60 }, (_, i): DueEvent => [20 + i / 12, 20 + i / 12])
    expect(stallsWith([20, 25], ...acts)).toEqual(NEVER)
  })

  test('delay the events that they delayed in the run, and end when those happened', () => {
    const due = fc.double({ min: 10, max: 1000, noNaN: true })
    const late = fc.double({ min: 1, max: 20, noNaN: true })
    fc.assert(
      fc.property(due, late, (at, ms) => {
        expect(new Stalls(stallsWith([at, at + ms])).release(at)).toBe(at + ms)
      }),
    )
  })

  test('the next act is the first later one', () => {
    const acts = actsOf([
      [0, 3],
      [0, 1],
    ])
    expect([0, 1, 2, 3].map((at) => nextAct(acts, at))).toEqual([1, 3, 3, Infinity])
  })
})
