import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { IDEAL_EXECUTOR, MetDispatcher, MetSpeed } from './met-stalls.ts'
import { SpeedField } from './speed.ts'
import { NEVER } from './stalls.ts'

const positive = (max: number) => fc.double({ min: 0.01, max, noNaN: true })
const stalling = (after: number[], ms: number[], length: number) => ({
  ...IDEAL_EXECUTOR,
  stalls: { after, ms, length },
})

describe('a stall within a batch', () => {
  test('is met once so much time in batches has passed, and whole', () => {
    const speed = new MetSpeed([stalling([10], [5], 1000)])
    const ends = [
      [0, 8],
      [100, 1],
      [200, 3],
      [300, 3],
    ].map(([start, work]) => speed.finish(0, start!, work!))
    expect(ends).toEqual([8, 101, 208, 303])
  })

  test('repeats where more time passes in batches than in the recording', () => {
    const speed = new MetSpeed([stalling([10], [5], 40)])
    expect([speed.finish(0, 0, 30), speed.finish(0, 100, 30), speed.finish(0, 200, 30)]).toEqual([
      35, 135, 230,
    ])
  })

  test('is not met by work that ends as it would begin', () => {
    expect(new MetSpeed([stalling([10], [5], 40)]).finish(0, 0, 10)).toBe(10)
  })
})

test('a late start is met once in so many batches of an idle executor', () => {
  const lateStarts = { after: [2.5], ms: [7], length: 4 }
  const speed = new MetSpeed([{ ...IDEAL_EXECUTOR, lateStarts }])
  const lateBy = (gap: number) => speed.begin(0, 100, gap) - 100
  expect(Array.from({ length: 9 }, () => lateBy(1))).toEqual([0, 0, 7, 0, 0, 0, 7, 0, 0])
  expect(Array.from({ length: 9 }, () => lateBy(0.05))).toEqual(Array(9).fill(0))
})

test('without stalls, a batch ends when it does in the field of the same speeds', () => {
  const parts = fc.array(fc.tuple(positive(30), positive(3)), { minLength: 1 })
  const calls = fc.array(fc.tuple(positive(400), positive(50)), { minLength: 1 })
  fc.assert(
    fc.property(parts, calls, (parts, calls) => {
      let at = 0
      const times = [0, ...parts.slice(1).map(([ms]) => (at += ms))]
      const steps = { times, speeds: parts.map(([, speed]) => speed) }
      const met = new MetSpeed([{ ...IDEAL_EXECUTOR, steps }])
      const field = new SpeedField([steps])
      let free = 0
      for (const [gap, work] of calls) {
        const start = free + gap
        const end = field.finish(0, start, work)
        free = end
        expect(Math.abs(met.finish(0, start, work) - end)).toBeLessThanOrEqual(1e-9 * (1 + end))
      }
    }),
  )
})

test('however work falls into batches, it meets the same stalls', () => {
  const stalls = fc.array(fc.tuple(positive(20), positive(9)), { maxLength: 20 })
  const batches = fc.array(fc.tuple(positive(20), positive(9)), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(stalls, batches, (stalls, batches) => {
      let exposure = 0
      const after = stalls.map(([gap]) => (exposure += gap))
      const ms = stalls.map(([, length]) => length)
      const executor = stalling(after, ms, exposure + 1000)
      const speed = new MetSpeed([executor])
      let free = 0
      let stalled = 0
      let totalWork = 0
      for (const [gap, work] of batches) {
        const start = free + gap
        free = speed.finish(0, start, work)
        stalled += free - start - work
        totalWork += work
      }
      const stalledAtOnce = new MetSpeed([executor]).finish(0, 0, totalWork) - totalWork
      // the last stall begins where the work ends, or not, by rounding
      const edge = after.some((at) => Math.abs(at - totalWork) < 1e-6)
      if (!edge) expect(Math.abs(stalled - stalledAtOnce)).toBeLessThanOrEqual(1e-6)
    }),
  )
})

describe('a stall of a dispatcher', () => {
  const stalls = { from: [10], to: [15] }

  test('holds the next event of its kind and those that are due until its end', () => {
    const dispatcher = new MetDispatcher(stalls, NEVER)
    const handled = [9, 12, 14, 17, 18].map((at) => dispatcher.completion(at))
    expect(handled).toEqual([9, 17, 17, 17, 18])
    expect(dispatcher.handOver(13)).toBe(13)
  })

  test('of new requests does not hold completions', () => {
    const dispatcher = new MetDispatcher(NEVER, stalls)
    expect([dispatcher.timer(11), dispatcher.handOver(11), dispatcher.handOver(12)]).toEqual([
      11, 16, 16,
    ])
  })
})
