import type { Comparison } from '../../documents/index.ts'
import { OUTCOME } from '../../serving/index.ts'
import { percentile } from '../../stats/index.ts'
import { actsOf, stallsOf } from '../../world/index.ts'
import { grouped } from '../system/crowd.ts'
import { dueEvents, type ObservedRun } from './structure.ts'
import type { Check } from './verdicts.ts'

/** A dispatcher that stalls for a larger share of the time shares its core with others. */
const MOST_STALLED = 0.05
const BUSY = 'other programs used the machine, or the rate is too high for one dispatcher'
/** Requests that are sent later than this (p99) are not the ones that were scheduled. */
const LATEST_MS = 5

/**
 * Why a replay does not count, or null. The load generator and the dispatcher run on the machine
 * that is measured: where other programs hold them up, the replay measures those. A simulation has
 * no executor that dies.
 */
export function spoiled(run: ObservedRun): string | null {
  const deaths = (run.deaths ?? []).reduce((sum, times) => sum + times, 0)
  if (deaths > 0) return diedText(run, deaths)
  const { reactions, handOvers } = dueEvents(run)
  const turns = [...reactions, ...handOvers]
  const { from, to } = stallsOf(turns, actsOf(turns))
  const still = from.reduce((sum, start, i) => sum + to[i]! - start, 0)
  const share = still / turns.reduce((latest, [, happened]) => Math.max(latest, happened), 0)
  if (share > MOST_STALLED) {
    return `its dispatcher stalled for ${(100 * share).toFixed(0)} % of the time; ${BUSY}`
  }
  const { at, sent } = run.rows.columns
  const lag = percentile(Float64Array.from(at, (due, key) => sent[key]! - due).sort(), 0.99)
  return lag > LATEST_MS ? `its requests were sent late (p99 ${lag.toFixed(1)} ms); ${BUSY}` : null
}

/** The replays that do not count, and why. */
export function notCounted(replays: readonly ObservedRun[]): Comparison['not_counted'] {
  return replays.flatMap((run, replay) => {
    const reason = spoiled(run)
    return reason === null ? [] : [{ replay, reason }]
  })
}

/** The replays that count; all where none does. */
export function countedRuns<R extends ObservedRun>(replays: readonly R[]): readonly R[] {
  const poor = new Set(notCounted(replays).map(({ replay }) => replay))
  return poor.size === replays.length ? replays : replays.filter((_, i) => !poor.has(i))
}

/** The check of replays, or of rounds of them, of which none counts. */
export function noneCounts(
  reasons: readonly { readonly reason: string }[],
  noun: 'replay' | 'round' = 'replay',
): Check {
  const { length } = reasons
  const none =
    length === 1
      ? `the ${noun} does not count:`
      : `none of ${length} ${noun}s counts: in the first,`
  return { verdict: 'UNDECIDED', reason: `${none} ${reasons[0]!.reason}`, worst: null }
}

function diedText({ rows }: ObservedRun, deaths: number): string {
  const lost = rows.columns.outcome.filter((outcome) => outcome === OUTCOME.failed).length
  const [times, requests] = [counted(deaths, 'time'), counted(lost, 'request')]
  return `the process of an executor ended ${times} and was started again; ${requests} failed`
}

const counted = (count: number, noun: string) =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`
