import fc from 'fast-check'
import { expect, test } from 'vitest'
import { steps } from './steps.ts'

const whole = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }

/** Intervals within a few ms, so that many begin and end at one instant. */
const intervals = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 20 }),
    fc.integer({ min: 0, max: 9 }),
    fc.integer({ min: 1, max: 5 }),
  ),
  { maxLength: 30 },
)

const changesOf = (list: readonly (readonly [number, number, number])[]) => {
  const by = () => Float64Array.from(list, ([, , weight]) => weight)
  return [
    { at: Float64Array.from(list, ([from]) => from), by: by() },
    { at: Float64Array.from(list, ([from, length]) => from + length), by: by() },
  ] as const
}

test('a level is the sum of the intervals that are open, changes at each step, and ends at 0', () => {
  fc.assert(
    fc.property(intervals, (list) => {
      const [rises, falls] = changesOf(list)
      const found = [...steps(rises, falls, whole)]
      const open = (ms: number) =>
        list.reduce(
          (sum, [from, length, by]) => sum + (from <= ms && ms < from + length ? by : 0),
          0,
        )
      for (let ms = 0; ms < 32; ms += 0.5) {
        expect(found.findLast(({ ns }) => ns <= ms * 1e6)!.level).toBe(open(ms))
      }
      for (const [i, { level, ns }] of found.entries()) {
        expect(level).toBeGreaterThanOrEqual(0)
        if (i === 0) continue
        expect(level).not.toBe(found[i - 1]!.level)
        expect(ns).toBeGreaterThan(found[i - 1]!.ns)
      }
      expect(found.at(-1)!.level).toBe(0)
    }),
  )
})

test('a span begins with the level at its start', () => {
  fc.assert(
    fc.property(intervals, fc.integer({ min: 0, max: 25 }), (list, fromMs) => {
      const all = [...steps(...changesOf(list), whole)]
      const part = [...steps(...changesOf(list), { fromMs, toMs: fromMs + 4 })]
      const start = { ns: fromMs * 1e6, level: all.findLast(({ ns }) => ns <= fromMs * 1e6)!.level }
      const inside = all.filter(({ ns }) => ns > fromMs * 1e6 && ns <= (fromMs + 4) * 1e6)
      expect(part).toEqual([start, ...inside])
    }),
  )
})
