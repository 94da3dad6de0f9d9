import { describe, expect, test } from 'vitest'
import { stream } from '../../sim/kernel/index.ts'
import { traceStatistics } from '../../sim/traffic/index.ts'
import { WIDE } from '../charts/frame.ts'
import { toSvg } from '../charts/render.ts'
import { traceDispersion } from '../charts/trace/trace-dispersion.ts'
import { traceLengths } from '../charts/trace/trace-lengths.ts'
import { tracePadding } from '../charts/trace/trace-padding.ts'
import { traceRate } from '../charts/trace/trace-rate.ts'
import { traceText } from '../terminal/trace-text.ts'
import type { TraceDocument } from '../trace-document.ts'
import { traceHtml } from './trace-page.ts'

/** Poisson arrivals in bursts of `burst` requests. */
function traced(burst: number, change: Partial<TraceDocument> = {}): TraceDocument {
  const random = stream(3, 0, 'page')
  let now = 0
  const times = Float64Array.from({ length: 6000 }, (_, i) => {
    if (i % burst === 0) now += 100 * burst * random.exponential()
    return now
  })
  const lengths = times.map(() => 1 + random.integer(200))
  const found = traceStatistics({ times, lengths, outputs: lengths.map((n) => 2 * n) })
  const head = { file: 'log.csv', bad_rows: 0, first_row_at: null, class_column: null, classes: [] }
  return { ...head, ...found, command: 'spillway trace inspect', ...change }
}

const titleOf = ({ title }: { title?: unknown }) => (title as { text: string[] }).text.join(' ')

describe('titles are findings', () => {
  test('of dispersion: about Poisson, or how far from it', () => {
    expect(titleOf(traceDispersion(traced(1), WIDE))).toMatch(
      /^Arrivals are about as even as Poisson/,
    )
    const bursty = titleOf(traceDispersion(traced(10), WIDE))
    const times = Number(/^Bursty: ([\d.]+) times the variance/.exec(bursty)?.[1])
    // a batch Poisson process of fixed size k has dispersion k
    expect(times).toBeGreaterThan(7)
    expect(times).toBeLessThan(15)
  })

  test('of the rate: how far the busiest bin is above the mean', () => {
    expect(titleOf(traceRate(traced(1), WIDE))).toMatch(
      /^The busiest \S+ s bring \S+ times the mean/,
    )
    const even = { bin_s: 2, rps: [10, 11, 10] }
    expect(titleOf(traceRate(traced(1, { rate: even, mean_rps: 10 }), WIDE))).toBe(
      'The rate is steady: the busiest 2.0 s bring 1.1 times the mean rate',
    )
  })

  test('of lengths and padding', () => {
    const trace = traced(1)
    const { p50, p99 } = trace.input_tokens!
    const [input, output] = [`median ${p50}, p99 ${p99}`, `median ${2 * p50}, p99 ${2 * p99}`]
    expect(titleOf(traceLengths(trace, WIDE))).toBe(
      `Input ${input} tokens; output ${output} tokens`,
    )
    const useful = trace.padding.find(({ batch }) => batch === 8)!.useful
    expect(titleOf(tracePadding(trace, WIDE))).toBe(
      `Padded batches of 8 compute ${(1 / useful).toFixed(1)} times the tokens of their requests`,
    )
  })
})

test('each chart is drawn wide and narrow', async () => {
  for (const chart of [traceRate, traceDispersion, traceLengths, tracePadding]) {
    for (const width of [890, 350]) {
      const svg = await toSvg(chart(traced(4), width))
      expect(svg).not.toMatch(/NaN|undefined/)
      const drawn = Number(/viewBox="0 0 (\d+)/.exec(svg)![1])
      expect(drawn).toBeLessThanOrEqual(width + 20)
    }
  }
})

test('text and page say when the peak is, as a time of day where the trace has one', async () => {
  const peak = { window_s: 60, at_s: 1260, rps: 31.4, to_mean: 3.14 }
  const after = 'busiest 60 s: 1,260 s after the first row, 31.4/s, 3.14 times the mean'
  const dated = { peak, first_row_at: '2026-03-01T09:30:00.250Z' }
  const at = after.replace('1,260', '2026-03-01 09:51:00 UTC, 1,260')
  for (const [change, text] of [
    [{ peak }, after],
    [dated, at],
  ] as const) {
    const trace = traced(1, change)
    expect(traceText(trace)).toContain(`\n${text}\n`)
    expect(await traceHtml(trace)).toContain(`<p>${text}</p>`)
  }
  expect(traceText(traced(1, { peak: null }))).not.toContain('busiest')
})

test('requests without lengths leave nothing to draw, and the page states it', async () => {
  const times = Float64Array.from({ length: 3001 }, (_, i) => 100 * i)
  const none = times.map(() => 0)
  const found = traceStatistics({ times, lengths: none, outputs: none })
  const trace = { ...traced(1), ...found }
  expect(titleOf(traceDispersion(trace, WIDE))).toBe('All windows have the same number of requests')
  for (const chart of [traceRate, traceDispersion, traceLengths, tracePadding]) {
    expect(await toSvg(chart(trace, WIDE))).not.toMatch(/NaN|Infinity|undefined/)
  }
  expect(await traceHtml(trace)).not.toMatch(/NaN|Infinity/)
})

describe('the page of a trace', () => {
  test('needs no network and no script, and escapes foreign text', async () => {
    const evil = `<script>alert("1")</script>`
    const page = await traceHtml(traced(4, { file: evil, command: evil }))
    expect(page).not.toMatch(/(src|href|url)\s*[=(]\s*["']?\s*(https?:|\/\/)/i)
    expect(page).not.toMatch(/<(script|link|img|iframe|object)\b|@import/i)
    expect(Buffer.byteLength(page)).toBeLessThan(500_000)
    expect([...page.matchAll(/<figure id="(\w+)"/g)].map(([, id]) => id)).toEqual([
      'rate',
      'dispersion',
      'lengths',
      'padding',
    ])
  })

  test('leaves out data that a trace does not have', async () => {
    const none = { input_tokens: null, output_tokens: null, correlation: null, padding: [] }
    const page = await traceHtml(traced(4, { ...none, windows: [] }))
    expect([...page.matchAll(/<figure id="(\w+)"/g)].map(([, id]) => id)).toEqual(['rate'])
  })

  test('states which percentiles are approximate, as the text does', async () => {
    const exact = traced(1)
    expect(await traceHtml(exact)).toContain('Percentiles are exact.')
    const binned = { ...exact, gaps: { ...exact.gaps, percentile_error: 0.0079 } }
    const told = 'Percentiles of gaps are within 0.79 %, others are exact.'
    expect(await traceHtml(binned)).toContain(told)
    expect(traceText(binned)).toContain(told)
    expect(traceText(exact)).not.toContain('Percentiles')
  })
})
