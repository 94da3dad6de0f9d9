import type { Ms } from '../../serving/index.ts'
import { tInterval } from '../../stats/index.ts'
import type { InFlight } from './in-flight.ts'
import type { RecordedRequests } from './recorded-requests.ts'
import type { Width } from './step-law.ts'

/** The service times of requests, by what shows them. */
export interface ServiceTimes {
  /**
   * - `queue`: latency less the wait that the server states
   * - `alone`: latency of requests with no other one in flight
   */
  readonly from: 'queue' | 'alone'
  readonly mean: Width
  /** standard deviation over mean */
  readonly cv: number
  readonly requests: number
}

const LEAST_REQUESTS = 30
/** Means of so many blocks of requests, one after another, are about independent. */
const BLOCKS = 20

/**
 * Null where fewer than 30 requests show theirs. `flight`: null where the times of the log do not
 * show which requests were in flight at once.
 */
export function serviceTimes(log: RecordedRequests, flight: InFlight | null): ServiceTimes | null {
  const { sentMs, endMs, queueMs } = log.columns
  const latency = (i: number) => endMs[i]! - sentMs[i]!
  const stated = timesOf(log, (i) => latency(i) - queueMs[i]!)
  if (stated.length >= LEAST_REQUESTS) return summary('queue', stated)
  const single = timesOf(log, (i) => (flight?.alone[i] === 1 ? latency(i) : Number.NaN))
  return single.length >= LEAST_REQUESTS ? summary('alone', single) : null
}

/** Of requests that were answered, in order of arrival; without those for which it is NaN. */
function timesOf({ count, ok }: RecordedRequests, of: (i: number) => Ms): Ms[] {
  const times: Ms[] = []
  for (let i = 0; i < count; i++) {
    const time = ok[i] === 1 ? of(i) : Number.NaN
    if (time > 0) times.push(time)
  }
  return times
}

function summary(from: ServiceTimes['from'], times: readonly Ms[]): ServiceTimes {
  const size = times.length / BLOCKS
  const means = Array.from({ length: BLOCKS }, (_, i) =>
    meanOf(times.slice(Math.round(i * size), Math.round((i + 1) * size))),
  )
  const value = meanOf(times)
  const { low, high } = tInterval(means)
  const variance = meanOf(times.map((time) => (time - value) ** 2))
  return {
    from,
    mean: { value, low: Math.max(0, low ?? 0), high: high ?? Number.POSITIVE_INFINITY },
    cv: Math.sqrt(variance) / value,
    requests: times.length,
  }
}

const meanOf = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length
