import type { Ms } from '../../serving/index.ts'
import type { RecordedRequests } from './recorded-requests.ts'

/** What was in flight when each request was sent. Requests without an end are in none of it. */
export interface InFlight {
  /** others, just before it was sent */
  readonly before: Int32Array
  /** from the last end of another one to its own start, ms; NaN where none had ended */
  readonly sinceEndMs: Float64Array
  /** whether no other one was in flight from its start to its end */
  readonly alone: Uint8Array
  /** the most at once */
  readonly most: number
}

export function inFlight({ count, columns }: RecordedRequests): InFlight {
  const { sentMs, endMs } = columns
  const known = Array.from({ length: count }, (_, i) => i).filter((i) => !Number.isNaN(endMs[i]!))
  const starts = known.toSorted((a, b) => sentMs[a]! - sentMs[b]!)
  const ends = Float64Array.from(known, (i) => endMs[i]!).sort()
  const before = new Int32Array(count)
  const sinceEndMs = new Float64Array(count).fill(Number.NaN)
  const alone = new Uint8Array(count)
  let ended = 0
  let most = 0
  for (const [n, i] of starts.entries()) {
    // one that ends at this very moment has left
    while (ended < ends.length && ends[ended]! <= sentMs[i]!) ended++
    before[i] = n - Math.min(n, ended)
    most = Math.max(most, before[i]! + 1)
    if (ended > 0) sinceEndMs[i] = sentMs[i]! - ends[ended - 1]!
    const next = starts[n + 1]
    alone[i] = before[i] === 0 && (next === undefined || sentMs[next]! >= endMs[i]!) ? 1 : 0
  }
  return { before, sinceEndMs, alone, most }
}

/** Of a benchmark that keeps a number of requests in flight. */
export interface ClosedLoop {
  readonly users: number
  /** share of its requests that were sent just after another one had ended */
  readonly share: number
  readonly requests: number
}

/** Shares of requests from which on a log is that of a closed loop. */
const LEAST_SHARE = 0.9
const LEAST_REQUESTS = 30
/** A client sends the next request within this share of a latency, or this time. */
const SOON_SHARE = 0.05
const SOON_MS = 2

/**
 * Whether clients kept a number of requests in flight, each sending its next one when the last had
 * ended: then the times of arrivals are those of the server. Null where they did not, and where a
 * schedule is known.
 */
export function closedLoop(
  log: RecordedRequests,
  flight: InFlight,
  medianMs: Ms,
): ClosedLoop | null {
  if (log.scheduled) return null
  const { before, sinceEndMs, most: users } = flight
  const soon = Math.max(SOON_MS, SOON_SHARE * medianMs)
  let [requests, kept] = [0, 0]
  for (let i = 0; i < log.count; i++) {
    // the first ones start the loop
    if (Number.isNaN(sinceEndMs[i]!)) continue
    requests++
    if (before[i]! + 1 === users && sinceEndMs[i]! <= soon) kept++
  }
  const share = requests === 0 ? 0 : kept / requests
  return requests >= LEAST_REQUESTS && share >= LEAST_SHARE ? { users, share, requests } : null
}
