import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readTrace, surveyTrace, tracePieces } from './trace.ts'
import type { TraceArrivals, TracePiece } from './trace-piece.ts'
import { BusiestStretch } from './trace-window.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'spillway-window-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const gaps = fc.array(fc.nat(30), { minLength: 1, maxLength: 80 })
const rising = (drawn: readonly number[]) => {
  let now = 0
  return drawn.map((gap, i) => (i === 0 ? 0 : (now += gap)))
}

test('the busiest stretch has the most rows, and begins at the first such row', () => {
  fc.assert(
    fc.property(gaps, fc.integer({ min: 1, max: 200 }), (drawn, lengthMs) => {
      const times = rising(drawn)
      const stretch = new BusiestStretch(lengthMs)
      for (const time of times) stretch.add(time)
      const inside = (start: number) =>
        times.filter((time) => time >= start && time < start + lengthMs).length
      const most = Math.max(...times.map(inside))
      const startMs = times.find((time) => inside(time) === most)!
      expect(stretch.found()).toEqual({ startMs, endMs: startMs + lengthMs })
    }),
  )
})

const BASE: TraceArrivals = {
  process: 'trace',
  file: 't.csv',
  format: 'csv',
  columns: { time: 't', input_tokens: 'n' },
  time_unit: 'ms',
  length_scale: 1,
  bad_rows: 'error',
}
const windows = fc.constantFrom<TraceArrivals['window'][]>(
  undefined,
  { busiest_s: 0.05 },
  { from_s: 0.01, to_s: 0.2 },
)

test('a trace in pieces has the rows of the whole, for any window and run size', async () => {
  await fc.assert(
    fc.asyncProperty(
      gaps,
      windows,
      fc.integer({ min: 1, max: 9 }),
      async (drawn, window, runRows) => {
        const times = [...rising(drawn), 10 + rising(drawn).at(-1)!]
        const rows = times.map((time, i) => `${time},${i + 1}`)
        writeFileSync(join(folder, 't.csv'), `t,n\n${rows.join('\n')}`)
        const arrivals: TraceArrivals = { ...BASE, ...(window && { window }) }
        const survey = await surveyTrace(arrivals, folder, { runRows }).catch(() => null)
        const whole = await readTrace(arrivals, folder).catch(() => null)
        expect(survey === null).toBe(whole === null)
        if (survey === null || whole === null) return
        const { rows: all, taken, spanMs, held, lengthSample } = survey
        expect({ all, taken, spanMs }).toEqual({
          all: whole.rows,
          taken: whole.times.length,
          spanMs: whole.spanMs,
        })
        expect(held!.times).toEqual(whole.times)
        expect(held!.lengths).toEqual(whole.lengths)
        expect(lengthSample).toEqual(whole.lengths)
        const pieces: TracePiece[] = []
        for await (const piece of tracePieces(arrivals, folder, survey)) pieces.push(piece)
        expect(pieces.flatMap((piece) => [...piece.times])).toEqual([...whole.times])
        expect(pieces.flatMap((piece) => [...piece.lengths!])).toEqual([...whole.lengths!])
      },
    ),
    { numRuns: 60 },
  )
})
