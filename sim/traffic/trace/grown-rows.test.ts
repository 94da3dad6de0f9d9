import { describe, expect, test } from 'vitest'
import { Random, stream } from '../../kernel/index.ts'
import { GrownRows, type Growth } from './grown-rows.ts'
import { TraceFeed } from './trace-feed.ts'

const SPAN_MS = 400_000

/** Bursts of `size` requests within a millisecond, 50 requests/s on average. */
function trace(size = 1, seed = 'rows'): Float64Array {
  const random = new Random(seed)
  const times: number[] = []
  for (let at = 0; at < SPAN_MS; at += 20 * size * random.exponential()) {
    for (let i = 0; i < size; i++) times.push(at + i / size)
  }
  return Float64Array.from(times).sort()
}

const pieceOf = (times: Float64Array, from = 0) => ({
  times,
  // the number of the row stands for its length
  lengths: Int32Array.from(times, (_, i) => from + i),
  outputs: null,
})

const growth = (factor: number, change: Partial<Growth> = {}): Growth => ({
  scale: 1,
  factorAt: () => factor,
  peak: factor,
  shiftMs: 1000,
  randomOf: (copy) => stream(1, 0, `growth:${copy}`),
  ...change,
})

interface Sent {
  readonly at: number
  readonly row: number
}

function grown(times: Float64Array, how: Growth): Sent[] {
  const piece = pieceOf(times)
  const data = { taken: times.length, spanMs: SPAN_MS, held: piece }
  const rows = new GrownRows(new TraceFeed(data, { lengths: true, outputs: false }), how)
  const sent: Sent[] = []
  for (let at = rows.next(); at < Number.POSITIVE_INFINITY; at = rows.next()) {
    sent.push({ at, row: rows.length() })
  }
  return sent
}

/** Variance over mean of the counts in windows. */
function dispersion(times: readonly number[], windowMs: number): number {
  const counts = new Float64Array(Math.floor(SPAN_MS / windowMs))
  for (const at of times) if (at < SPAN_MS) counts[Math.floor(at / windowMs)]!++
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const squares = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0)
  return squares / counts.length / mean
}

const timesOf = (sent: readonly Sent[]) => sent.map(({ at }) => at)

describe('the rows of a trace at another rate', () => {
  const recorded = trace()

  test('a factor of 1 is the trace itself', () => {
    expect(timesOf(grown(recorded, growth(1)))).toEqual([...recorded])
  })

  test('2.3 sends each row twice, and three times with a probability of 0.3', () => {
    const times = new Float64Array(recorded.length).fill(0).map((_, i) => 1000 + 20 * i)
    const sent = grown(times, growth(2.3))
    const copies = new Uint8Array(times.length)
    for (const { row } of sent) copies[row]!++
    expect(new Set(copies)).toEqual(new Set([2, 3]))
    const thrice = copies.filter((count) => count === 3).length
    const deviation = Math.sqrt(0.3 * 0.7 * times.length)
    expect(Math.abs(thrice - 0.3 * times.length) / deviation).toBeLessThan(4)
    for (const { at, row } of sent) expect(Math.abs(at - times[row]!)).toBeLessThanOrEqual(500)
  })

  test('requests are in order of time, and a larger factor only adds some', () => {
    const [less, more] = [grown(recorded, growth(1.2)), grown(recorded, growth(1.3))]
    expect(timesOf(more)).toEqual([...timesOf(more)].sort((a, b) => a - b))
    const all = new Set(more.map(({ at, row }) => `${at}/${row}`))
    expect(less.every(({ at, row }) => all.has(`${at}/${row}`))).toBe(true)
    expect(more.length).toBeGreaterThan(less.length)
  })

  test('below 1 it keeps a share of the rows', () => {
    const sent = grown(recorded, growth(0.4))
    const deviation = Math.sqrt(0.24 * recorded.length)
    expect(Math.abs(sent.length - 0.4 * recorded.length) / deviation).toBeLessThan(4)
    expect(sent.every(({ at, row }) => at === recorded[row])).toBe(true)
  })

  test('pieces of any size give the same requests as the whole', () => {
    const whole = grown(recorded, growth(2.6))
    for (const size of [1, 7, 5000]) {
      const feed = new TraceFeed(
        { taken: recorded.length, spanMs: SPAN_MS, held: null },
        { lengths: true, outputs: false },
      )
      const rows = new GrownRows(feed, growth(2.6))
      const sent: Sent[] = []
      for (let from = 0; ; ) {
        const at = rows.next()
        if (at === Number.POSITIVE_INFINITY) break
        if (!Number.isNaN(at)) sent.push({ at, row: rows.length() })
        else {
          feed.put(from < recorded.length ? pieceOf(recorded.slice(from, from + size), from) : null)
          from += size
        }
      }
      expect(sent).toEqual(whole)
    }
  })
})

describe('shape and burstiness', () => {
  test.each([
    ['Poisson', 1],
    ['bursts of 6', 6],
  ])('%s traffic keeps its dispersion in windows shorter than the shifts', (_, size) => {
    const times = trace(size)
    const before = dispersion([...times], 100)
    expect(before / size).toBeCloseTo(1, 1)
    expect(dispersion(timesOf(grown(times, growth(3))), 100) / before).toBeCloseTo(1, 1)
  })

  test('negative control: copies at the place of the row multiply it', () => {
    const times = trace()
    const beside = grown(times, growth(3, { shiftMs: 1 }))
    expect(dispersion(timesOf(beside), 100)).toBeGreaterThan(2.5)
  })

  test('a rush of the trace stays where it is and as many times higher', () => {
    const random = new Random('rush')
    const times: number[] = []
    for (let at = 0; at < SPAN_MS; ) {
      at += (random.exponential() * 20) / (at > 100_000 && at < 110_000 ? 5 : 1)
      times.push(at)
    }
    const rate = (sent: readonly number[], from: number, to: number) =>
      sent.filter((at) => at >= from && at < to).length / (to - from)
    const sent = timesOf(grown(Float64Array.from(times), growth(2.5)))
    for (const [from, to] of [
      [100_000, 110_000],
      [105_000, 110_000],
      [200_000, 300_000],
    ] as const) {
      expect(rate(sent, from, to) / rate(times, from, to) / 2.5).toBeCloseTo(1, 1)
    }
  })

  test('a surge on a trace multiplies the rate while it lasts', () => {
    const factorAt = (t: number) => (t >= 100_000 && t < 120_000 ? 4 : 1)
    const sent = grown(trace(), growth(4, { factorAt }))
    const inside = sent.filter(({ at }) => factorAt(at) > 1)
    expect(inside.length / 4000).toBeCloseTo(1, 1)
    // outside it is the trace
    const outside = sent.filter(({ at }) => factorAt(at) === 1)
    expect(timesOf(outside)).toEqual([...trace()].filter((at) => factorAt(at) === 1))
  })
})
