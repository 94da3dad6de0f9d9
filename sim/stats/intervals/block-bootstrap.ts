import { lowerBound } from './lower-bound.ts'
import { percentile, rankOf } from './percentile.ts'

/** The latencies of one run, in order of arrival. */
export interface TimedValues {
  /** arrival, ms, ascending, each in [from, to) */
  readonly at: Float64Array
  /** latency, ms; Infinity for a lost request */
  readonly values: Float64Array
  /** the observed window, ms */
  readonly from: number
  readonly to: number
}

export interface BootstrapOptions {
  /** draws from [0, 1) */
  readonly random: () => number
  /** ms; default: `defaultBlockMs` */
  readonly blockMs?: number
  readonly resamples?: number
  readonly level?: number
}

/**
 * Block length for a window of `durationMs`: a thirtieth, as batch means use 20 to 30 batches. At
 * least 500 ms, because a queue's state is correlated over that time; at most a fifth of the
 * window.
 */
export function defaultBlockMs(durationMs: number): number {
  return Math.min(Math.max(500, durationMs / 30), durationMs / 5)
}

/**
 * Intervals for percentiles of one run, by the circular block bootstrap over time (Künsch 1989;
 * Politis and Romano 1992). Requests close in time share a queue, so blocks of time are drawn with
 * all requests that arrived in them. The window is closed to a ring, so each request is equally
 * likely. The interval runs between the percentiles (1 -+ level) / 2 of the resampled figures. All
 * percentiles use the same resamples.
 *
 * A resample costs O(requests): values are ranked once, and each resample only counts ranks.
 */
export function blockBootstrap(
  run: TimedValues,
  percentiles: readonly number[],
  options: BootstrapOptions,
): { value: number; low: number; high: number }[] {
  const { random, resamples = 200, level = 0.95 } = options
  const { at, values, from, to } = run
  if (values.length === 0) throw new RangeError('Expected at least one request')
  const duration = to - from
  const blocks = Math.max(1, Math.round(duration / (options.blockMs ?? defaultBlockMs(duration))))
  const blockMs = duration / blocks

  const sorted = values.slice().sort()
  const ranks = Uint32Array.from(values, (value) => lowerBound(sorted, value))
  const figures = percentiles.map(() => new Float64Array(resamples))
  const counts = new Uint32Array(values.length)
  for (let resample = 0; resample < resamples; ) {
    counts.fill(0)
    let drawn = 0
    for (let block = 0; block < blocks; block++) {
      const start = from + random() * duration
      const end = start + blockMs
      drawn += count(counts, ranks, lowerBound(at, start), lowerBound(at, end))
      if (end > to) drawn += count(counts, ranks, 0, lowerBound(at, end - duration))
    }
    // all blocks are empty only where arrivals are very sparse
    if (drawn === 0) continue
    percentiles.forEach((p, i) => {
      figures[i]![resample] = sorted[rankAt(counts, rankOf(p, drawn), drawn)]!
    })
    resample++
  }
  return percentiles.map((p, i) => {
    const figure = figures[i]!.sort()
    return {
      value: percentile(sorted, p),
      low: percentile(figure, (1 - level) / 2),
      high: percentile(figure, (1 + level) / 2),
    }
  })
}

function count(counts: Uint32Array, ranks: Uint32Array, start: number, end: number): number {
  for (let i = start; i < end; i++) counts[ranks[i]!]!++
  return end - start
}

/** Index in the sorted values of a rank of the resample; tails are found fast, from the far end. */
function rankAt(counts: Uint32Array, rank: number, drawn: number): number {
  let index = counts.length
  let above = drawn - rank + 1
  while (above > 0) above -= counts[--index]!
  return index
}
