import type { Arrivals, Scenario, TrafficClass } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import { meanDuration } from '../clients/durations.ts'
import { recordedPerMs } from '../clients/recorded-clients.ts'
import { lengthQuantile } from '../lengths/lengths.ts'
import type { TrafficOptions } from '../source.ts'
import { rateOf } from './class-arrivals.ts'

/** The options on which the amount of traffic depends. */
export type ExpectedOptions = Pick<TrafficOptions, 'capacityRps' | 'traces' | 'clients'>

/** Requests that a class is expected to send, counting each part of a fan-out. */
export interface ExpectedRequests {
  /** first attempts scheduled before a time; 0 for closed loops, which wait for answers */
  readonly before: (time: Ms) => number
  /** first attempts in the whole run */
  readonly first: number
  /** upper bound, with all retries */
  readonly most: number
}

/** The expected number of requests of each class, before any is drawn. */
export function expectedRequests(
  scenario: Scenario,
  options: ExpectedOptions,
): readonly ExpectedRequests[] {
  const endMs = scenario.duration_s * 1000
  return scenario.traffic.map((traffic, index) => {
    const { arrivals, fan_out: parts, retry } = traffic
    const attempts = Math.min(retry?.max_attempts ?? 1, 1 + (retry?.budget?.ratio ?? Infinity))
    if (arrivals.process === 'closed-loop') {
      const first = parts * ofUsers(arrivals, endMs, options.capacityRps)
      return { before: () => 0, first, most: first * attempts }
    }
    const come = arrivalsBefore(arrivals, index, traffic, { ...options, endMs })
    const each = parts * turnsOf(traffic)
    const first = each * come(endMs)
    return { before: (time) => each * come(time), first, most: first * attempts }
  })
}

type ClosedLoop = Extract<Arrivals, { process: 'closed-loop' }>

/**
 * A user's cycle takes at least its think time. Without think time, the system's capacity limits
 * it.
 */
function ofUsers({ users, think_time_s }: ClosedLoop, endMs: Ms, capacityRps: number | null) {
  const thinkMs = meanDuration(think_time_s)
  const served = capacityRps === null ? Number.POSITIVE_INFINITY : (capacityRps * endMs) / 1000
  const thought = (users * endMs) / thinkMs
  const most = Math.min(served, thought)
  return users + (Number.isFinite(most) ? most : 0)
}

const PROBABILITIES = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)

/** Mean number of requests per arrival. */
function turnsOf({ session }: TrafficClass): number {
  if (session === undefined) return 1
  const turns = lengthQuantile(session.turns)
  return PROBABILITIES.reduce((sum, p) => sum + turns(p), 0) / PROBABILITIES.length
}

/** Expected arrivals of a class before a time. */
function arrivalsBefore(
  arrivals: Exclude<Arrivals, { process: 'closed-loop' }>,
  index: number,
  { fan_out: parts }: TrafficClass,
  options: ExpectedOptions & { readonly endMs: Ms },
): (time: Ms) => number {
  // as in `trafficSource`: a load is that of the replicas, and each part occupies one
  const capacityRps = options.capacityRps === null ? null : options.capacityRps / parts
  const { endMs } = options
  if (arrivals.process === 'trace') {
    const { taken, spanMs } = options.traces.get(index)!
    const { load } = arrivals
    const perMs = load === undefined ? taken / spanMs : (load * (capacityRps ?? 0)) / 1000
    return (time) => (spanMs > 0 ? Math.min(taken, perMs * time) : taken)
  }
  if (arrivals.process === 'servegen') {
    const { rate_rps, load, from_s } = arrivals
    const stated = rate_rps ?? (load === undefined ? null : load * (capacityRps ?? 0))
    const perMs =
      stated === null
        ? recordedPerMs(options.clients?.get(index) ?? [], { fromS: from_s, endMs })
        : stated / 1000
    return (time) => perMs * time
  }
  const parted = arrivals.process === 'sum' ? arrivals.of : [arrivals]
  const rates = parted.map((part) => rateOf(part, { endMs, capacityRps }))
  return (time) => rates.reduce((sum, rate) => sum + rate.cumulative(time), 0)
}
