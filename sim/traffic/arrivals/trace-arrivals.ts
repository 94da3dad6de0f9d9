import type { Arrivals } from '../../../scenarios/schema/schema.ts'
import { type ProcessKind, perMs } from './process-kind.ts'

/** Recorded times, stretched where the scenario states a load. */
export const traceArrivals: ProcessKind<Extract<Arrivals, { process: 'trace' }>> = {
  closed: false,

  source(arrivals, options) {
    const { trace, feed, name, endMs } = options
    if (trace === undefined || feed === null) {
      throw new Error(`Expected the trace of ${name} to be read`)
    }
    // a trace in a single instant has no rate to scale
    const scaled = arrivals.load !== undefined && trace.spanMs > 0
    const scale = scaled ? trace.taken / trace.spanMs / perMs(arrivals, options) : 1
    return {
      next() {
        const at = feed.next() * scale
        return at >= endMs ? Number.POSITIVE_INFINITY : at
      },
    }
  },

  /** By the rows in the run; of a streamed trace that lasts longer, its mean rate. */
  meanPerMs(arrivals, options) {
    const { trace, endMs } = options
    if (arrivals.load !== undefined) return perMs(arrivals, options)
    if (trace === undefined) return 0
    const { taken, spanMs, held } = trace
    if (held === null) return taken / Math.max(spanMs, endMs)
    const after = held.times.findIndex((at) => at >= endMs)
    return (after < 0 ? held.times.length : after) / endMs
  },

  expected(arrivals, options) {
    const { taken, spanMs } = options.trace!
    const rate = arrivals.load === undefined ? taken / spanMs : perMs(arrivals, options)
    return (time) => (spanMs > 0 ? Math.min(taken, rate * time) : taken)
  },
}
