import type { Arrivals, Scenario, TrafficClass } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../../serving/index.ts'
import { meanDuration } from '../clients/durations.ts'
import { recordedPerMs } from '../clients/recorded-clients.ts'
import { lengthQuantile } from '../lengths/lengths.ts'
import type { TrafficOptions } from '../source.ts'
import { rateOf } from './class-arrivals.ts'

/** What of a scenario's traffic tells how much of it there is. */
export type ExpectedOptions = Pick<TrafficOptions, 'capacityRps' | 'traces' | 'clients'>

/** Requests that a class is expected to send, each part of a fan-out counted. */
export interface ExpectedRequests {
  /** scheduled before a time, the first attempts of calls; none of closed loops, which wait */
  readonly before: (time: Ms) => number
  /** in the whole run, first attempts alone */
  readonly first: number
  /** at most, with all that clients may try again */
  readonly most: number
}

/** How many requests each class of a scenario is expected to send, before any is drawn. */
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

/** Their users think between requests; where they do not, the system is as fast as it can be. */
function ofUsers({ users, think_time_s }: ClosedLoop, endMs: Ms, capacityRps: number | null) {
  const thinkMs = meanDuration(think_time_s)
  const served = capacityRps === null ? Number.POSITIVE_INFINITY : (capacityRps * endMs) / 1000
  const thought = (users * endMs) / thinkMs
  const most = Math.min(served, thought)
  return users + (Number.isFinite(most) ? most : 0)
}

const PROBABILITIES = Array.from({ length: 1000 }, (_, i) => (i + 0.5) / 1000)

/** Mean number of requests that come of one arrival. */
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
  // as in `trafficSource`: a load is that of the replicas, and each part is work for one
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
  const rates = parted.map((own) => rateOf(own, { endMs, capacityRps }))
  return (time) => rates.reduce((sum, rate) => sum + rate.cumulative(time), 0)
}
