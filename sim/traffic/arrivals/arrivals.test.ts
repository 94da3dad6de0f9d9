import { describe, expect, test } from 'vitest'
import { Random } from '../../kernel/index.ts'
import { TraceFeed } from '../trace/trace-feed.ts'
import { type ArrivalProcess, RenewalArrivals } from './arrivals.ts'
import { gapsOf, type Spacing } from './gaps.ts'
import { Rate } from './rate.ts'
import type { Surge } from './surge.ts'
import { traceArrivals, traceRows } from './trace-arrivals.ts'

function all(arrivals: ArrivalProcess): number[] {
  const times: number[] = []
  for (let t = arrivals.next(); t !== Number.POSITIVE_INFINITY; t = arrivals.next()) times.push(t)
  return times
}

function renewal(spacing: Spacing, rate: Rate, endMs: number): number[] {
  return all(new RenewalArrivals(gapsOf(spacing, new Random('arrivals')), rate, endMs))
}

const RUN = { name: 'web', seed: 1, replication: 0, clients: undefined }
const NOTHING = { lengths: false, outputs: false }
const rateOf = (rate: number, ...surges: Surge[]) =>
  new Rate({ steps: [{ atMs: 0, rate }], surges })

function between(times: readonly number[], from: number, to: number): number {
  return times.filter((t) => t >= from && t < to).length
}

const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / values.length
const variance = (values: readonly number[], about = mean(values)) =>
  values.reduce((sum, x) => sum + (x - about) ** 2, 0) / (values.length - 1)

/** Variance of the counts over their mean, and its distance from 1 in standard errors. */
function dispersion(times: readonly number[], endMs: number, windowMs: number) {
  const counts = new Array<number>(endMs / windowMs).fill(0)
  for (const t of times) counts[Math.floor(t / windowMs)]!++
  const index = variance(counts) / mean(counts)
  return { index, z: (index - 1) / Math.sqrt(2 / (counts.length - 1)) }
}

describe('renewal arrivals', () => {
  test('times rise, all before the end', () => {
    for (const process of ['deterministic', 'poisson'] as const) {
      const times = renewal({ process }, rateOf(0.5), 1000)
      expect(times.every((t, i) => i === 0 || t >= times[i - 1]!)).toBe(true)
      expect(times.at(-1)).toBeLessThan(1000)
      expect(times.length).toBeGreaterThan(400)
    }
    expect(renewal({ process: 'deterministic' }, rateOf(0.1), 100)).toHaveLength(9)
  })

  test('a deterministic process is evenly spaced, also across a step of the rate', () => {
    const rate = new Rate({
      steps: [
        { atMs: 0, rate: 0.1 },
        { atMs: 25, rate: 1 },
      ],
    })
    expect(renewal({ process: 'deterministic' }, rate, 29)).toEqual([
      10, 20, 25.5, 26.5, 27.5, 28.5,
    ])
  })

  test('a schedule that ends with a rate of 0 has no arrivals after it', () => {
    const rate = new Rate({
      steps: [
        { atMs: 0, rate: 1 },
        { atMs: 10, rate: 0 },
      ],
    })
    expect(renewal({ process: 'deterministic' }, rate, 1e6)).toHaveLength(10)
  })

  test.each([
    { process: 'poisson' } as const,
    { process: 'gamma', cv: 0.5 } as const,
    { process: 'gamma', cv: 3 } as const,
  ])('the mean count is the integral of the rate, |z| <= 4: %o', (spacing) => {
    const surge = { atMs: 20_000, factor: 5, riseMs: 4000, holdMs: 10_000, decayMs: 6000 }
    const rate = rateOf(0.4, surge)
    const expected = rate.cumulative(100_000)
    const cv = 'cv' in spacing ? spacing.cv : 1
    const z = (renewal(spacing, rate, 100_000).length - expected) / (cv * Math.sqrt(expected))
    expect(Math.abs(z)).toBeLessThanOrEqual(4)
  })

  test('counts of a Poisson process have a variance equal to their mean, |z| <= 4', () => {
    const poisson = renewal({ process: 'poisson' }, rateOf(1), 200_000)
    expect(Math.abs(dispersion(poisson, 200_000, 20).z)).toBeLessThanOrEqual(4)
    // negative control: gaps that vary less
    const calm = renewal({ process: 'gamma', cv: 0.7 }, rateOf(1), 200_000)
    expect(dispersion(calm, 200_000, 20).z).toBeLessThan(-4)
  })

  test.each([0.3, 1, 2.5])('gaps of a gamma process have a mean of 1 / rate and CV %s', (cv) => {
    const times = renewal({ process: 'gamma', cv }, rateOf(0.5), 400_000)
    const gaps = times.map((t, i) => t - (times[i - 1] ?? 0))
    const zMean = (mean(gaps) - 2) / (Math.sqrt(variance(gaps)) / Math.sqrt(gaps.length))
    expect(Math.abs(zMean)).toBeLessThanOrEqual(4)
    const squares = gaps.map((gap) => (gap / 2 - 1) ** 2)
    const zSquare = (mean(squares) - cv * cv) / Math.sqrt(variance(squares) / squares.length)
    expect(Math.abs(zSquare)).toBeLessThanOrEqual(4)
  })

  test('a surge multiplies the count by its factor, |z| <= 4', () => {
    const surge = { atMs: 50_000, factor: 6, riseMs: 0, holdMs: 50_000, decayMs: 0 }
    const times = renewal({ process: 'poisson' }, rateOf(0.2, surge), 150_000)
    const [before, during, after] = [0, 50_000, 100_000].map((t) => between(times, t, t + 50_000))
    for (const quiet of [before!, after!]) {
      expect(Math.abs(quiet - 10_000) / 100).toBeLessThanOrEqual(4)
    }
    expect(Math.abs(during! - 60_000) / Math.sqrt(60_000)).toBeLessThanOrEqual(4)
  })
})

describe('trace arrivals', () => {
  test('are the recorded times, stretched, up to the end', () => {
    const held = { times: Float64Array.of(0, 10, 10, 40), lengths: null, outputs: null }
    const trace = { taken: 4, spanMs: 40, held }
    // the load is half the mean rate of the rows
    const [load, capacityRps] = [1, 50]
    const recorded = { process: 'trace', file: 't', format: 'csv', length_scale: 1 } as const
    const unchanged = { growth: 1, surges: [], waves: [], copy_shift_s: 1 }
    const arrivals = { ...recorded, ...unchanged, bad_rows: 'error', load } as const
    const until = (endMs: number) => {
      const options = { ...RUN, endMs, capacityRps, trace }
      const feed = traceRows(arrivals, new TraceFeed(trace, NOTHING), options)
      return traceArrivals.source(arrivals, { ...options, feed })
    }
    expect(all(until(1000))).toEqual([0, 20, 20, 80])
    expect(all(until(80))).toEqual([0, 20, 20])
  })

  test('copies are shifted alike in all classes, and otherwise in each replication and seed', () => {
    const times = Float64Array.from([5000])
    const trace = { taken: 1, spanMs: 10_000, held: { times, lengths: null, outputs: null } }
    const recorded = { process: 'trace', file: 't', format: 'csv', length_scale: 1 } as const
    const grown = { growth: 3, surges: [], waves: [], copy_shift_s: 2 }
    const arrivals = { ...recorded, ...grown, bad_rows: 'error' } as const
    const drawn = (own: Partial<typeof RUN>) => {
      const options = { ...RUN, endMs: 10_000, capacityRps: null, trace, ...own }
      const feed = traceRows(arrivals, new TraceFeed(trace, NOTHING), options)
      return all(traceArrivals.source(arrivals, { ...options, feed }))
    }
    const [first, ...others] = [drawn({}), drawn({ replication: 1 }), drawn({ seed: RUN.seed + 1 })]
    expect(drawn({ name: 'another' })).toEqual(first)
    for (const other of others) expect(other).not.toEqual(first)
    for (const own of [first!, ...others]) {
      expect(own).toHaveLength(3)
      expect(own).toContain(5000)
      expect(Math.min(...own)).toBeGreaterThanOrEqual(4000)
      expect(Math.max(...own)).toBeLessThanOrEqual(6000)
      // half of the stated shift still keeps the copies apart
      for (const at of own.filter((time) => time !== 5000)) {
        expect(Math.abs(at - 5000)).toBeGreaterThan(200)
      }
    }
  })
})
