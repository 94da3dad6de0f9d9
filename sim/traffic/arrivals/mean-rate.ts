import type { Arrivals, TrafficClass } from '../../../scenarios/schema/schema.ts'
import { stream } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import { meanDuration } from '../clients/durations.ts'
import { type ClientRow, recordedPerMs } from '../clients/recorded-clients.ts'
import { lengthDistribution } from '../lengths/lengths.ts'
import type { TraceData } from '../trace/trace-feed.ts'
import { rateOf } from './class-arrivals.ts'

interface MeanRateOptions {
  readonly seed: number
  readonly endMs: Ms
  /** undefined for a class without one, as below */
  readonly trace: TraceData | undefined
  readonly clients: readonly (readonly ClientRow[])[] | undefined
}

const SAMPLED = 20_000
/** users without think time count as if it were this */
const LEAST_THINK_MS = 1

/**
 * Mean rate of a class over a run, in parts of requests a second. Where the scenario has loads, the
 * result is a load; it is comparable between classes where all have rates or all have loads. Counts
 * first attempts only, and users of a closed loop as if they were answered at once.
 */
export function meanRate(traffic: TrafficClass, options: MeanRateOptions): number {
  const { arrivals, session, fan_out } = traffic
  const { seed } = options
  const parts = arrivals.process === 'sum' ? arrivals.of : [arrivals]
  const rate = parts.reduce((sum, part) => {
    // a load includes parts already
    return sum + 1000 * perMs(part, options) * (saysLoad(part) ? 1 : fan_out)
  }, 0)
  if (session === undefined || arrivals.process === 'closed-loop') return rate
  const turns = lengthDistribution(session.turns, stream(seed, 0, `mean-turns:${traffic.class}`))
  return rate * meanOf(() => turns.draw())
}

type Process = Exclude<Arrivals, { process: 'sum' }>

/** Requests/ms; a load counts as if the capacity were one request a second. */
function perMs(arrivals: Process, { endMs, trace, clients }: MeanRateOptions): number {
  if (arrivals.process === 'closed-loop') {
    return arrivals.users / Math.max(LEAST_THINK_MS, meanDuration(arrivals.think_time_s))
  }
  if (arrivals.process === 'trace') {
    if (arrivals.load !== undefined) return arrivals.load / 1000
    return trace === undefined ? 0 : tracedPerMs(trace, endMs)
  }
  if (arrivals.process === 'servegen') {
    const { rate_rps, load, from_s: fromS } = arrivals
    const stated = rate_rps ?? load
    return stated === undefined ? recordedPerMs(clients ?? [], { fromS, endMs }) : stated / 1000
  }
  return rateOf(arrivals, { endMs, capacityRps: 1 }).cumulative(endMs) / endMs
}

function saysLoad(arrivals: Process): boolean {
  if (arrivals.process === 'closed-loop') return false
  if ('schedule' in arrivals && arrivals.schedule !== undefined) {
    return arrivals.schedule.some(({ load }) => load !== undefined)
  }
  return arrivals.load !== undefined
}

/** Rows in the run; for a streamed trace that lasts longer, its mean rate. */
function tracedPerMs({ taken, spanMs, held }: TraceData, endMs: Ms): number {
  if (held === null) return taken / Math.max(spanMs, endMs)
  const after = held.times.findIndex((at) => at >= endMs)
  return (after < 0 ? held.times.length : after) / endMs
}

function meanOf(draw: () => number): number {
  let sum = 0
  for (let i = 0; i < SAMPLED; i++) sum += draw()
  return sum / SAMPLED
}
