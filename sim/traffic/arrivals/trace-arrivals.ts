import type { Arrivals, TraceProcess } from '../../../scenarios/schema/schema.ts'
import { type Random, stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { GrownRows } from '../trace/grown-rows.ts'
import type { RowFeed, TraceData, TraceFeed } from '../trace/trace-feed.ts'
import { type AmountOptions, type ProcessKind, perMs, type SourceOptions } from './process-kind.ts'
import { Rate } from './rate.ts'
import { changesOf } from './rated-arrivals.ts'

/** Recorded times, stretched where the scenario states a load. */
export const traceArrivals: ProcessKind<TraceProcess> = {
  closed: false,
  files: 'trace',
  mayRepeat: true,
  periodS: () => Number.POSITIVE_INFINITY,

  scaled: (arrivals, factor) =>
    arrivals.load === undefined
      ? { ...arrivals, growth: factor * arrivals.growth }
      : { ...arrivals, load: factor * arrivals.load },

  source(_, { feed, name, endMs }) {
    if (feed === null) throw new Error(`Expected the trace of ${name} to be read`)
    return {
      next() {
        const at = feed.next()
        return at >= endMs ? Number.POSITIVE_INFINITY : at
      },
    }
  },

  /** By the rows in the run; of a streamed trace that lasts longer, its mean rate. */
  meanPerMs(arrivals, options) {
    const { trace, endMs } = options
    const growth = growthOf(arrivals, endMs)
    const meanGrowth = growth.cumulative(endMs) / endMs
    if (arrivals.load !== undefined) return perMs(arrivals, options) * meanGrowth
    if (trace === undefined) return 0
    const { taken, spanMs, held } = trace
    if (held === null) return (taken / Math.max(spanMs, endMs)) * meanGrowth
    const inRun = held.times.filter((at) => at < endMs)
    return inRun.reduce((sum, at) => sum + growth.at(at), 0) / endMs
  },

  expected(arrivals, options) {
    const { taken, spanMs } = options.trace!
    const growth = growthOf(arrivals, options.endMs)
    const rate = taken / (spanMs * scaleOf(arrivals, options.trace!, options))
    return (time) =>
      spanMs > 0 ? rate * growth.cumulative(Math.min(time, taken / rate)) : taken * growth.at(0)
  },
}

/** The rows of the trace of a class at the times of the run, of which growth makes more. */
export function traceRows(
  arrivals: Arrivals,
  feed: TraceFeed,
  options: Omit<SourceOptions, 'feed'>,
): RowFeed {
  const { trace, endMs, seed, replication, name } = options
  if (arrivals.process !== 'trace' || trace === undefined) {
    throw new Error(`Expected ${name} to follow a trace`)
  }
  const scale = scaleOf(arrivals, trace, options)
  const { growth: factor, surges, waves } = arrivals
  if (factor === 1 && surges.length + waves.length === 0) return scaled(feed, scale)
  const growth = growthOf(arrivals, endMs)
  return new GrownRows(feed, {
    scale,
    factorAt: (time) => growth.at(time),
    peak: growth.peak,
    shiftMs: 1000 * arrivals.copy_shift_s * shiftShare(stream(seed, replication, 'copy-shift')),
    randomOf: (copy) => stream(seed, replication, `growth:${name}:${copy}`),
  })
}

/**
 * Replications differ in the shifts of copies, too, so where a burst meets another one is chance
 * even if the growth is a whole number. From half of the stated shift to all of it, so that no
 * copies come together; earlier or later. Alike for all classes, so that those of one file stay
 * side by side.
 */
function shiftShare(random: Random): number {
  const side = random.uniform() < 0.5 ? -1 : 1
  return (side * (1 + random.uniform())) / 2
}

function scaled(feed: TraceFeed, scale: number): RowFeed {
  if (scale === 1) return feed
  return {
    next: () => feed.next() * scale,
    length: () => feed.length(),
    output: () => feed.output(),
    prefix: () => feed.prefix(),
  }
}

/** What recorded times are multiplied by. */
function scaleOf(arrivals: TraceProcess, { taken, spanMs }: TraceData, options: AmountOptions) {
  // a trace in a single instant has no rate to scale
  const stretched = arrivals.load !== undefined && spanMs > 0
  return stretched ? taken / spanMs / perMs(arrivals, options) : 1
}

/** Requests for each recorded one, over time. */
function growthOf({ growth, surges, waves }: TraceProcess, endMs: Ms): Rate {
  return new Rate({ steps: [{ atMs: 0, rate: growth }], ...changesOf({ surges, waves }, endMs) })
}
