import fc from 'fast-check'
import { expect, test } from 'vitest'
import { microseconds, nanoseconds } from './trace-event.ts'

test('a reader that cuts off and one that rounds find the same whole nanosecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 43 }), (ns) => {
      const us: unknown = JSON.parse(JSON.stringify(microseconds(ns)))
      expect(Math.trunc((us as number) * 1000)).toBe(ns)
      expect(Math.round((us as number) * 1000)).toBe(ns)
    }),
    { numRuns: 100_000 },
  )
})

test('without it, cutting off loses a nanosecond', () => {
  const ns = Array.from({ length: 10_000 }, (_, i) => i)
  expect(ns.filter((value) => Math.trunc((value / 1000) * 1000) !== value).length).toBeGreaterThan(
    10,
  )
})

test('slices that follow one another in ms do so in the format', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      fc.double({ min: 0, max: 1e4, noNaN: true }),
      (start, length) => {
        const [from, to] = [nanoseconds(start), nanoseconds(start + length)]
        const read = (us: number) => Math.trunc(us * 1000)
        expect(read(microseconds(from)) + read(microseconds(to - from))).toBe(
          read(microseconds(to)),
        )
      },
    ),
  )
})
