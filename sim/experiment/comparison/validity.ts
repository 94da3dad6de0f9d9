import type { Comparison } from '../../documents/index.ts'
import { OUTCOME } from '../../serving/index.ts'
import { percentile } from '../../stats/index.ts'
import { actsOf, type DueEvent, STALL_MS, stallsOf } from '../../world/index.ts'
import { grouped } from '../system/crowd.ts'
import { dueEvents, type ObservedRun } from './observed-run.ts'
import type { Slicing } from './slicing.ts'
import type { Check } from './verdicts.ts'

/** A dispatcher that stalls for a larger share of the time shares its core with others. */
export const MOST_STALLED = 0.05
/** Of the time without stalls: its own events explain a delay if they take about all of it. */
const BUSY_SHARE = { least: 0.5, most: 0.9 }
const OTHERS = 'other programs used the machine'
const RATE = 'the rate is too high for one dispatcher'
/** Requests that are sent later than this (p99) are not the ones that were scheduled. */
const LATEST_MS = 5

/** A client that adds a larger share to one of these percentiles does not measure a server. */
const MOST_ADDED = 0.1
const CLIENT_AT = [0.5, 0.95, 0.99]

/** Why a replay does not count, and the figure that shows it. */
type Spoiled = Pick<Comparison['not_counted'][number], 'reason' | 'figure'>

/**
 * Why a replay does not count, or null. The load generator and the dispatcher run on the machine
 * that is measured: where other programs hold them up, the replay measures those. A simulation has
 * no executor that dies.
 */
export function spoiled(run: ObservedRun): Spoiled | null {
  const ended = died(run)
  if (ended !== null) return ended
  if (run.connections !== undefined) return lateClient(run, run.connections)
  const turns = turnsOf(run)
  const { from, to } = stallsOf(turns, actsOf(turns))
  const still = from.reduce((sum, start, i) => sum + to[i]! - start, 0)
  const share = still / endOf(turns)
  if (share > MOST_STALLED) {
    const reason = `the dispatcher stalled because ${causeOf(turns)}`
    return { reason, figure: `${(100 * share).toFixed(0)} % of the time` }
  }
  return sentLate(run, causeOf(turns))
}

/** The same of a run in slices, whose stalls each slice is judged by. */
export function spoiledAsWhole(run: ObservedRun): Spoiled | null {
  return died(run) ?? (causeOf(turnsOf(run)) === RATE ? sentLate(run, RATE) : null)
}

/** The share of each slice in which the dispatcher stalled. */
export function stalledShares(
  run: ObservedRun,
  { slices, sliceMs }: Pick<Slicing, 'slices' | 'sliceMs'>,
): Float64Array {
  const shares = new Float64Array(slices)
  const turns = turnsOf(run)
  const { from, to } = stallsOf(turns, actsOf(turns))
  for (const [i, start] of from.entries()) {
    const first = Math.max(0, Math.floor(start / sliceMs))
    for (let slice = first; slice < slices && slice * sliceMs < to[i]!; slice++) {
      const end = Math.min(to[i]!, (slice + 1) * sliceMs)
      shares[slice]! += (end - Math.max(start, slice * sliceMs)) / sliceMs
    }
  }
  return shares
}

function turnsOf(run: ObservedRun): DueEvent[] {
  const { reactions, handOvers } = dueEvents(run)
  return [...reactions, ...handOvers]
}

const endOf = (turns: readonly DueEvent[]) =>
  turns.reduce((latest, [, happened]) => Math.max(latest, happened), 0)

function sentLate({ rows }: ObservedRun, cause: string): Spoiled | null {
  const { at, sent } = rows.columns
  const lag = percentile(Float64Array.from(at, (due, key) => sent[key]! - due).sort(), 0.99)
  if (lag <= LATEST_MS) return null
  const reason = `requests were sent late because ${cause}`
  return { reason, figure: `p99 ${lag.toFixed(1)} ms` }
}

/**
 * A client that is late itself, as it sends or as it takes answers, does not measure a server: it
 * asked for less than was due, and its own time is in each latency.
 */
function lateClient({ rows }: ObservedRun, connections: number): Spoiled | null {
  const { at, sent, dispatched, started, ended, done, batch } = rows.columns
  const keys = [...batch.keys()].filter((key) => batch[key]! >= 0)
  const sorted = (of: (key: number) => number) => Float64Array.from(keys, of).sort()
  if (keys.length === 0) return null
  const own = percentile(
    sorted((key) => done[key]! - ended[key]! + started[key]! - at[key]!),
    0.99,
  )
  const [all, ofServer] = [
    sorted((key) => done[key]! - at[key]!),
    sorted((key) => ended[key]! - started[key]!),
  ] as const
  const added = CLIENT_AT.map((p) => percentile(all, p) / percentile(ofServer, p) - 1)
  if (own <= LATEST_MS || Math.max(...added) <= MOST_ADDED) return null
  const waited = percentile(
    sorted((key) => dispatched[key]! - sent[key]!),
    0.99,
  )
  const cause =
    waited > own / 2
      ? `all ${grouped(connections)} connections were in use, raise connections of the target`
      : `${OTHERS}, or the rate is too high for one client`
  const figure = `p99 ${own.toFixed(1)} ms, up to +${(100 * Math.max(...added)).toFixed(0)} % of latencies`
  return { reason: `the client was late because ${cause}`, figure }
}

/**
 * What held the dispatcher up. Where an event was due already when the one before it was handled,
 * the time between both is work, unless it is a stall. At too high a rate that is all of the time.
 */
function causeOf(turns: readonly DueEvent[]): string {
  const inOrder = [...turns].sort((a, b) => a[1] - b[1])
  let [workMs, stillMs, last] = [0, 0, 0]
  for (const [due, happened] of inOrder) {
    const passed = happened - last
    if (due <= last) {
      if (passed > STALL_MS) stillMs += passed
      else workMs += passed
    } else stillMs += Math.max(0, happened - due - STALL_MS)
    last = happened
  }
  const busy = workMs / (endOf(turns) - stillMs)
  if (busy < BUSY_SHARE.least) return OTHERS
  return busy > BUSY_SHARE.most ? RATE : `${OTHERS}, or ${RATE}`
}

/** The replays that do not count, and why. */
export function notCounted(replays: readonly ObservedRun[]): Comparison['not_counted'] {
  return replays.flatMap((run, replay) => {
    const why = spoiled(run)
    return why === null ? [] : [{ replay, ...why }]
  })
}

/** The replays that count; all where none does. */
export function countedRuns<R extends ObservedRun>(replays: readonly R[]): readonly R[] {
  const poor = new Set(notCounted(replays).map(({ replay }) => replay))
  return poor.size === replays.length ? replays : replays.filter((_, i) => !poor.has(i))
}

/** The check of `count` replays, or rounds of them, of which none counts. */
export function noneCounts(count: number, noun: 'replay' | 'round'): Check {
  const reason =
    count === 1 ? `the ${noun} does not count` : `none of ${grouped(count)} ${noun}s counts`
  return { verdict: 'UNDECIDED', reason, worst: null }
}

function died({ rows, deaths: ofExecutors = [], problems = {} }: ObservedRun): Spoiled | null {
  const deaths = ofExecutors.reduce((sum, times) => sum + times, 0)
  if (deaths === 0) return null
  const kinds = Object.entries(problems)
  if (kinds.length > 0) {
    const figure = kinds.map(([kind, count]) => `${kind} ${grouped(count)}`).join(', ')
    return { reason: 'a server did not answer batches as it should', figure }
  }
  const lost = rows.columns.outcome.filter((outcome) => outcome === OUTCOME.failed).length
  const figure = `${counted(deaths, 'time')}, ${counted(lost, 'request')} failed`
  return { reason: 'the process of an executor ended and was started again', figure }
}

const counted = (count: number, noun: string) =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
