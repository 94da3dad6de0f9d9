import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile, upperProbability } from '../intervals/percentile.ts'
import { EndedRequests, QueueChanges } from './columns.ts'
import type { Span } from './executor-spans.ts'
import { TimeGrid } from './time-grid.ts'
import { WindowLoad } from './window-load.ts'
import { type Windows, WorstWindow, windowsOf } from './worst-window.ts'

const LENGTH = 10
const FROM = 5
const UNTIL = 48
/** Four windows from 5 to 45; the rest is too short for one. */
const [WINDOWS, ENDING] = windowsOf(LENGTH, FROM, UNTIL) as [Windows, Windows]
const windowOf = (at: number) => Math.floor((at - FROM) / LENGTH)

const ended = fc.record({
  at: fc.double({ min: FROM, max: 70, noNaN: true }),
  ms: fc.option(fc.double({ min: 1, max: 1000, noNaN: true })),
})

test('the worst window is that of the largest percentile, as sorting all of them finds', () => {
  fc.assert(
    fc.property(fc.array(ended, { maxLength: 80 }), (requests) => {
      const sorted = [...requests].sort((a, b) => a.at - b.at)
      const worst = new WorstWindow(WINDOWS, [0.5, 0.9])
      for (const { at, ms } of sorted) {
        if (ms === null) worst.lost(at)
        else worst.record(at, ms)
      }
      const { figures } = worst
      for (const [i, p] of [0.5, 0.9].entries()) {
        const worstBy = (probability: (n: number) => number) => {
          const each = [0, 1, 2, 3].map((window) => {
            const inWindow = sorted.filter(({ at }) => windowOf(at) === window)
            const times = inWindow.flatMap(({ ms }) => ms ?? [])
            const q = probability(inWindow.length)
            if (inWindow.length > 0 && q > 1) return Number.POSITIVE_INFINITY
            return percentile(Float64Array.from(times).sort(), q, inWindow.length - times.length)
          })
          return Math.max(...each.filter((value) => !Number.isNaN(value)))
        }
        const { value, upper, n } = figures[i]!
        for (const [estimate, expected] of [
          [value, worstBy(() => p)],
          [upper, worstBy((count) => upperProbability(p, count))],
        ] as const) {
          if (expected === Number.NEGATIVE_INFINITY) expect([estimate, n]).toEqual([Number.NaN, 0])
          else if (expected === Number.POSITIVE_INFINITY) expect(estimate).toBe(expected)
          else expect(Math.abs(estimate / expected - 1)).toBeLessThan(0.008)
        }
      }
    }),
  )
})

test('requests are recorded in windows by the hundred as one by one', () => {
  const early = fc.record({
    at: fc.double({ min: 0, max: 70, noNaN: true }),
    ms: fc.double({ min: 1, max: 1000, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(early, { minLength: 1, maxLength: 80 }), fc.nat(80), (requests, cut) => {
      const sorted = [...requests].sort((a, b) => a.at - b.at)
      const [singly, together] = [0, 0].map(() => new WorstWindow(WINDOWS, [0.5, 0.9]))
      for (const { at, ms } of sorted) singly!.record(at, ms)
      for (const part of [sorted.slice(0, cut), sorted.slice(cut)]) {
        if (part.length === 0) continue
        const rows = new EndedRequests()
        rows.ended.values.set(part.map(({ at }) => at))
        rows.latency.values.set(part.map(({ ms }) => ms))
        together!.add(rows, { at: Int32Array.from(part.keys()), count: part.length })
      }
      expect(together!.figures).toEqual(singly!.figures)
    }),
  )
})

function changesOf(...pairs: readonly (readonly [at: number, by: number])[]): QueueChanges {
  const changes = new QueueChanges()
  for (const [at, by] of pairs) changes.add(at, by, 0)
  return changes
}

const GRID = new TimeGrid(1, 60)
const ALWAYS: Span = [0, Number.POSITIVE_INFINITY]

test('load is spread over the windows that it lies in, and none counts before or after', () => {
  const spans = fc.array(
    fc.record({
      from: fc.double({ min: 0, max: 60, noNaN: true }),
      for: fc.double({ min: 0, max: 30, noNaN: true }),
    }),
    { maxLength: 20 },
  )
  fc.assert(
    fc.property(spans, (worked) => {
      const load = new WindowLoad(WINDOWS, 1, GRID)
      for (const span of worked) load.worked(0, span.from, span.from + span.for)
      const shares = [0, 1, 2, 3].map((window) => {
        const [start, end] = [FROM + LENGTH * window, FROM + LENGTH * (window + 1)]
        const inside = worked.map((span) =>
          Math.max(0, Math.min(end, span.from + span.for) - Math.max(start, span.from)),
        )
        return inside.reduce((sum, ms) => sum + ms, 0) / (2 * LENGTH)
      })
      expect(load.utilisation([[ALWAYS, ALWAYS]])[0]).toBeCloseTo(Math.max(...shares), 6)
    }),
  )
})

test('utilisation is a share of the time that is paid for in the window', () => {
  const load = new WindowLoad(WINDOWS, 1, GRID)
  const paid: Span[] = [
    [FROM, FROM + 4],
    [FROM + LENGTH, FROM + 2 * LENGTH],
  ]
  load.worked(0, FROM + 1, FROM + 4)
  load.worked(0, FROM + LENGTH, FROM + LENGTH + 5)
  expect(load.utilisation([paid])[0]).toBe(3 / 4)
})

test('the queue is the mean over the window, not its peak', () => {
  const load = new WindowLoad(WINDOWS, 1, GRID)
  // four requests wait from 20 to 25, in the window from 15 to 25, and one of them until 45
  load.queued(changesOf([20, 4], [25, -3], [45, -1]))
  expect(load.queue).toBe(2)
})

test('the queue of each window is the same whether it changes often or seldom', () => {
  const change = fc.record({ after: fc.double({ min: 0, max: 9, noNaN: true }), by: fc.nat(3) })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const [load, worst] = [new WindowLoad(WINDOWS, 1, GRID), new Float64Array(WINDOWS.count)]
      let [now, waiting] = [0, 0]
      for (const { after, by } of changes) {
        for (const [window] of worst.entries()) {
          const [start, end] = [FROM + LENGTH * window, FROM + LENGTH * (window + 1)]
          const inside = Math.min(end, now + after) - Math.max(start, now)
          worst[window]! += (waiting * Math.max(0, inside)) / LENGTH
        }
        now += after
        // half of the changes are the queue getting shorter
        const change = by % 2 === 0 ? by : -Math.min(by, waiting)
        load.queued(changesOf([now, change]))
        waiting += change
      }
      expect(load.queue).toBeCloseTo(Math.max(...worst), 6)
    }),
  )
})

test('of more windows than a function has arguments, the worst is found', () => {
  const load = new WindowLoad(windowsOf(1, 0, 300_000)[0]!, 1, GRID)
  load.worked(0, 299_990, 299_990.5)
  expect(load.utilisation([[ALWAYS]])).toEqual([0.5])
})

test('the rest of a run is in a window that ends with it, and the time before that in none', () => {
  expect(ENDING).toEqual({ lengthMs: LENGTH, fromMs: 8, count: 4 })
  expect(windowsOf(LENGTH, FROM, 45)).toHaveLength(1)
  const worst = new WorstWindow(ENDING, [0.5])
  worst.record(6, 900)
  worst.record(46, 100)
  worst.record(49, 900)
  expect(worst.figures).toEqual([{ value: 100, upper: 100, n: 1 }])
})
