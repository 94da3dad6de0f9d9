import { availableParallelism, totalmem } from 'node:os'
import { Failure, type Pool, type Scenario } from '../../scenarios/index.ts'
import { CROWD_REMEDY, grouped } from '../../sim/experiment/index.ts'
import { expectedRequests, meanDuration } from '../../sim/traffic/index.ts'
import type { Prepared } from './prepare.ts'

/** A queue without a bound that grows until the end of the traffic. */
interface Backlog {
  /** at its longest */
  readonly requests: number
  readonly bytes: number
}

/**
 * What waits at most where more comes than is served and no queue has a bound, reckoned from rates
 * and capacity; null where a queue is bounded, or the capacity of what classes share is not known.
 */
export function backlogOf(prepared: Prepared, capacityRps: number | null): Backlog | null {
  const { scenario } = prepared
  if (capacityRps === null || scenario.pools.some(isBounded)) return null
  // where classes ask for models, the capacity is that of the pools that are full first
  if (scenario.traffic.some(({ model }) => model !== undefined)) return null
  const servedPerMs = capacityRps / 1000
  const classes = expectedRequests(scenario, { ...prepared, capacityRps }).flatMap((own, i) => {
    const { cancel, retry, timeout_ms } = scenario.traffic[i]!
    if (cancel) return []
    const attempts = retry === undefined ? 1 : own.most / own.first
    return [{ ...own, attempts, clientTimeoutMs: meanPatience(timeout_ms) }]
  })
  const reckoned = (attempts: (of: (typeof classes)[number]) => number) =>
    longest(
      (time) => classes.reduce((sum, own) => sum + attempts(own) * own.before(time), 0),
      servedPerMs,
      scenario.duration_s * 1000,
    )
  // where the queue takes longer than clients wait, they try again and what they sent stays in it
  const waitMs = reckoned(() => 1) / servedPerMs
  const requests = reckoned((own) => (waitMs > own.clientTimeoutMs ? own.attempts : 1))
  const tracked = scenario.traffic.some(({ timeout_ms, retry }) => timeout_ms ?? retry)
  return { requests, bytes: requests * (BYTES + (tracked ? TRACKED_BYTES : 0)) }
}

/** How long clients wait in the mean, ms. */
function meanPatience(timeout: Scenario['traffic'][number]['timeout_ms']): number {
  if (timeout === undefined) return Number.POSITIVE_INFINITY
  return typeof timeout === 'number' ? timeout : meanDuration(timeout) / 1000
}

/** Bytes of a waiting request, and more where its client may leave or retry; measured. */
const BYTES = 150
const TRACKED_BYTES = 250

function isBounded({ queue, admission, batching }: Pool): boolean {
  const { max_length, timeout_ms, timeout_action, levels } = queue
  const dropped = timeout_ms !== undefined && timeout_action !== 'delay'
  const shed = Object.values(admission).some((rule) => rule !== undefined)
  const few = max_length !== undefined || Object.keys(levels).length > 0
  return few || dropped || shed || batching.policy === 'cork'
}

const STEPS = 1000

/** Most that waits at once: of what has come and not been served. */
function longest(come: (time: number) => number, servedPerMs: number, endMs: number): number {
  let waiting = 0
  let most = 0
  let before = 0
  for (let i = 1; i <= STEPS; i++) {
    const now = come((i / STEPS) * endMs)
    waiting = Math.max(0, waiting + now - before - (servedPerMs * endMs) / STEPS)
    most = Math.max(most, waiting)
    before = now
  }
  return most
}

/** Less is not worth a warning. */
const NOTABLE_BYTES = 100e6

/**
 * What to say beforehand of a queue that grows without a bound, where `runs` are simulated at once;
 * null where there is none, or a small one. Throws `Failure` where memory would run out.
 */
export function backlogWarning(
  prepared: Prepared,
  capacityRps: number | null,
  runs: number,
): string | null {
  const backlog = backlogOf(prepared, capacityRps)
  if (backlog === null || backlog.bytes * runs < NOTABLE_BYTES) return null
  const memory = memoryBytes()
  const grows = `more comes than is served and no queue is bounded: about ${grouped(backlog.requests)} requests will wait`
  const takes = `${gigabytes(backlog.bytes)} GB of memory in each of ${runs} simulations at once`
  const remedy = 'set queue.max_length or queue.timeout_ms'
  if (backlog.bytes * runs <= memory) return `${grows}, which takes ${takes}; ${remedy}`
  throw new Failure(
    `${prepared.file}: ${grows}, which would take ${takes}, of ${gigabytes(memory)} GB; ` +
      `${remedy}, ${CROWD_REMEDY}, or simulate fewer at once by --workers`,
  )
}

/** What this process may use. */
function memoryBytes(): number {
  // 0 or more than there is where nothing limits the process
  const limit = process.constrainedMemory?.() ?? 0
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}

/** Threads that simulate at once: more than there are cores gain nothing, and each takes memory. */
export function threadsFor(replications: number, workers: number | undefined): number {
  const cores = availableParallelism()
  return Math.min(replications, workers ?? cores, cores)
}

const gigabytes = (bytes: number) => Number((bytes / 1e9).toPrecision(2))
