import { totalmem } from 'node:os'
import { Failure, type Scenario } from '../../scenarios/index.ts'
import { CROWD_REMEDY, grouped } from '../../sim/experiment/index.ts'
import {
  expectedRequests,
  isBounded,
  isClosed,
  meanDuration,
  reactingClasses,
} from '../../sim/traffic/index.ts'
import type { Prepared } from './prepare.ts'

/** A queue without a bound that grows until the end of the traffic. */
interface Backlog {
  /** at its longest */
  readonly requests: number
  readonly bytes: number
}

/** The estimated peak backlog; null if a queue is bounded or the capacity is unknown. */
export function backlogOf(prepared: Prepared, capacityRps: number | null): Backlog | null {
  const { scenario } = prepared
  if (capacityRps === null || scenario.pools.some(isBounded)) return null
  // if classes name models, the capacity is that of the first pools to be full
  if (scenario.traffic.some(({ model }) => model !== undefined)) return null
  const servedPerMs = capacityRps / 1000
  const expected = expectedRequests(scenario, { ...prepared, capacityRps })
  const classes = expected.flatMap((demand, i) => {
    const { cancel, retry, timeout_ms } = scenario.traffic[i]!
    if (cancel) return []
    const attempts = retry === undefined ? 1 : demand.most / demand.first
    return [{ ...demand, attempts, timeoutMs: meanTimeout(timeout_ms) }]
  })
  const backlog = (attempts: (of: (typeof classes)[number]) => number) =>
    peakBacklog(
      (time) => classes.reduce((sum, demand) => sum + attempts(demand) * demand.before(time), 0),
      servedPerMs,
      scenario.duration_s * 1000,
    )
  // if the wait exceeds the timeout, clients retry, and their first attempts stay in the queue
  const waitMs = backlog(() => 1) / servedPerMs
  const requests = backlog((demand) => (waitMs > demand.timeoutMs ? demand.attempts : 1))
  const tracked = scenario.traffic.some(({ timeout_ms, retry }) => timeout_ms ?? retry)
  return { requests, bytes: requests * (BYTES + (tracked ? TRACKED_BYTES : 0)) }
}

/** Mean client timeout, ms. */
function meanTimeout(timeout: Scenario['traffic'][number]['timeout_ms']): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  return typeof timeout === 'number' ? timeout : meanDuration(timeout) / 1000
}

/** Bytes of a waiting request, and further ones if its client may leave or retry; measured. */
const BYTES = 150
const TRACKED_BYTES = 250

const STEPS = 1000

/** Peak backlog of `arrived` requests by time, served at a constant rate. */
function peakBacklog(
  arrived: (time: number) => number,
  servedPerMs: number,
  endMs: number,
): number {
  let waiting = 0
  let most = 0
  let before = 0
  for (let i = 1; i <= STEPS; i++) {
    const now = arrived((i / STEPS) * endMs)
    waiting = Math.max(0, waiting + now - before - (servedPerMs * endMs) / STEPS)
    most = Math.max(most, waiting)
    before = now
  }
  return most
}

/** Least memory for a warning. */
const NOTABLE_BYTES = 100e6

/**
 * The warning about a queue that will grow without a bound in `runs` simulations at once; null if
 * it stays small. Throws `Failure` if memory would run out.
 */
export function backlogWarning(
  prepared: Prepared,
  capacityRps: number | null,
  runs: number,
): string | null {
  const backlog = backlogOf(prepared, capacityRps)
  if (backlog === null || backlog.bytes * runs < NOTABLE_BYTES) return null
  const memory = memoryBytes()
  const grows = `traffic exceeds the capacity and no queue is bounded: about ${grouped(backlog.requests)} requests will wait`
  const takes = `${gigabytes(backlog.bytes)} GB of memory in each of ${runs} simulations at once`
  const remedy = 'set queue.max_length or queue.timeout_ms'
  if (backlog.bytes * runs <= memory) return `${grows}, which takes ${takes}; ${remedy}`
  throw new Failure(
    `${prepared.file}: ${grows}, which would take ${takes}, of ${gigabytes(memory)} GB; ` +
      `${remedy}, ${CROWD_REMEDY}, or simulate fewer at once with --workers`,
  )
}

/** Requests of all replications from which on a simulation takes minutes on a few cores. */
const LONG_REQUESTS = 2e7

/**
 * The warning about a simulation of many requests, before it begins; null where it is soon done.
 * How many requests clients make that react depends on how these end: then it is an upper bound,
 * or, where there is none, what the capacity serves.
 */
export function longRunWarning(
  prepared: Prepared,
  capacityRps: number | null,
  replications: number,
): string | null {
  const { scenario } = prepared
  const { traffic } = scenario
  const each = expectedRequests(scenario, { ...prepared, capacityRps })
  const counts = each.map(({ most, bound }) => (Number.isFinite(bound) ? bound : most))
  const requests = counts.reduce((sum, count) => sum + count, 0)
  if (requests * replications < LONG_REQUESTS) return null
  const isEndless = each.some(({ bound }) => !Number.isFinite(bound))
  const reacts = reactingClasses(scenario).length > 0
  const atMost = `${reacts && !isEndless ? 'up to ' : ''}about ${grouped(requests)} requests`
  const about = `${atMost}${isEndless ? ' or more' : ''}`
  const times = replications === 1 ? '' : ` in each of ${replications} replications`
  const isUsers = counts.some((count, i) => count > each[i]!.most && isClosed(traffic[i]!.arrivals))
  const allowed = isUsers ? ', as many as think times allow' : ''
  const why = isEndless ? ', as users without think time may ask again at once' : allowed
  const remedy = why === '' ? CROWD_REMEDY : 'lengthen think_time_s or shorten duration_s'
  return `${about}${times} are simulated${why}, which may take minutes; to have fewer, ${remedy}`
}

/** Memory that this process may use. */
function memoryBytes(): number {
  // without a limit it is 0, or more than the machine has
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

const gigabytes = (bytes: number) => Number((bytes / 1e9).toPrecision(2))
