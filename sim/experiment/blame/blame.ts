import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms, ServingPlan } from '../../serving/index.ts'
import type { RowColumns } from '../../stats/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { batchShares } from './batch-shares.ts'
import { groupFinder, type LengthGroup, lengthGroups, lengthOf } from './length-groups.ts'
import { type Caused, type StationStalls, stationStalls } from './stall-clock.ts'
import { type StationRows, stationRows } from './station-rows.ts'
import { distinctVictims, longestVictims, type Victim } from './victims.ts'
import { stallRule, WAIT_CAUSES, type WaitTimes, waitTimes } from './wait-causes.ts'

export interface BlameInput {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** one entry for each executor */
  readonly work: readonly ExecutorWork[]
  readonly runs: readonly ObservedRun[]
  /** single requests to list */
  readonly top: number
}

/** What a group of requests did to the others, and what it waited itself. */
export interface BlamedGroup extends LengthGroup {
  readonly requests: number
  /** stall time that it caused to others */
  readonly stallMs: Ms
  /** the part of it that is due to being longer than the mean of a batch */
  readonly lengthMs: Ms
  /** requests that it stalled */
  readonly victims: number
  /** what its own requests waited for others */
  readonly sufferedMs: Ms
}

/** A single request that stalled others. */
export interface BlamedRequest {
  /** number of its run, from 0 */
  readonly run: number
  readonly key: number
  readonly class: number
  readonly tokens: number
  readonly dispatched: Ms
  readonly runsMs: Ms
  readonly batchSize: number
  readonly stallMs: Ms
  readonly victims: number
  /** those that waited longest while it ran */
  readonly longest: readonly Victim[]
}

export interface Blame {
  /** requests that waited in a queue, and are counted */
  readonly requests: number
  readonly waitedMs: Ms
  readonly causes: WaitTimes
  readonly groups: readonly BlamedGroup[]
  /** by blamed group, then by group of those that waited, ms */
  readonly flows: readonly (readonly Ms[])[]
  readonly top: readonly BlamedRequest[]
  /** by run and request key: its wait by cause; for counted requests only */
  readonly waits: readonly ReadonlyMap<number, WaitTimes>[]
}

interface Ranked {
  readonly run: number
  readonly key: number
  readonly stallMs: Ms
  readonly caused: Caused
  readonly stalls: StationStalls
}

/** Divides all waiting in queues over its causes, and what others caused over those others. */
export function blameOf({ scenario, plan, work, runs, top }: BlameInput): Blame {
  const columns = runs.map(({ rows }) => rows.columns)
  const warmupMs = 1000 * scenario.warmup_s
  const groups = lengthGroups(scenario.traffic, columns)
  const groupOf = groupFinder(groups)
  const flows = groups.map(() => new Float64Array(groups.length))
  const lengthMs = new Float64Array(groups.length)
  const victims = new Float64Array(groups.length)
  const causes = Object.fromEntries(WAIT_CAUSES.map((cause) => [cause, 0])) as Record<
    keyof WaitTimes,
    Ms
  >
  const ranked: Ranked[] = []
  const waits = runs.map(() => new Map<number, WaitTimes>())
  for (const [run, observed] of runs.entries()) {
    const rows = columns[run]!
    const counted = (key: number) => (rows.at[key]! < warmupMs ? -1 : groupOf(rows, key))
    for (const station of stationRows(plan, observed)) {
      const rule = { ...stallRule(plan, station.pool), groups: groups.length, groupOf: counted }
      const stalls = stationStalls(rows, station, rule)
      for (const [key, parts] of stalls.waits) {
        if (counted(key) < 0) continue
        const times = waitTimes(plan, station.pool, rows, key, parts)
        waits[run]!.set(key, times)
        for (const cause of WAIT_CAUSES) causes[cause] += times[cause]
      }
      const own = shareOut(rows, station, { stalls, groupOf, flows, lengthMs, work })
      for (const one of own) ranked.push({ ...one, run, stalls })
      const isVictim = (key: number) => counted(key) >= 0
      for (const g of groups.keys()) {
        const ofGroup = stalls.caused.filter(({ occupation }) =>
          occupation.members.some((key) => groupOf(rows, key) === g),
        )
        victims[g]! += distinctVictims(stalls.waits, ofGroup, isVictim)
      }
      keepLargest(ranked, top)
    }
  }
  const all = waits.flatMap((own, run) => Array.from(own, ([key, times]) => ({ run, key, times })))
  const arrived = groups.map((_, g) =>
    columns.reduce((n, rows) => n + countOf(rows, warmupMs, (key) => groupOf(rows, key) === g), 0),
  )
  return {
    requests: all.length,
    waitedMs: WAIT_CAUSES.reduce((sum, cause) => sum + causes[cause], 0),
    causes,
    groups: groups.map((group, g) => ({
      ...group,
      requests: arrived[g]!,
      stallMs: sum(flows[g]!),
      lengthMs: lengthMs[g]!,
      victims: victims[g]!,
      sufferedMs: sum(flows.map((own) => own[g]!)),
    })),
    flows: flows.map((own) => [...own]),
    top: ranked.map((one) => describe(one, columns[one.run]!, warmupMs)),
    waits,
  }
}

const sum = (values: Iterable<number>) => {
  let total = 0
  for (const value of values) total += value
  return total
}

function countOf(rows: RowColumns, warmupMs: Ms, isOne: (key: number) => boolean): number {
  let n = 0
  for (const [key, at] of rows.at.entries()) if (at >= warmupMs && isOne(key)) n++
  return n
}

/** Divides what each batch caused among its members. */
function shareOut(
  rows: RowColumns,
  { pool }: StationRows,
  to: {
    readonly stalls: StationStalls
    readonly groupOf: (rows: RowColumns, key: number) => number
    readonly flows: readonly Float64Array[]
    readonly lengthMs: Float64Array
    readonly work: readonly ExecutorWork[]
  },
): Omit<Ranked, 'run' | 'stalls'>[] {
  return to.stalls.caused.flatMap((caused) => {
    const { occupation, byGroup, total } = caused
    if (!(total > 0)) return []
    const { executor, members } = occupation
    const lengths = members.map((key) => rows.inputTokens[key]!)
    const shares = batchShares(lengths, pool, to.work[executor]!.work)
    return members.map((key, i) => {
      const { fair, length } = shares[i]!
      const group = to.groupOf(rows, key)
      const flow = to.flows[group]!
      for (const [k, ms] of byGroup.entries()) flow[k]! += (fair + length) * ms
      to.lengthMs[group]! += length * total
      return { key, caused, stallMs: (fair + length) * total }
    })
  })
}

function keepLargest(ranked: Ranked[], top: number): void {
  ranked.sort((a, b) => b.stallMs - a.stallMs || a.run - b.run || a.key - b.key)
  ranked.splice(top)
}

function describe(
  { run, key, stallMs, caused, stalls }: Ranked,
  rows: RowColumns,
  warmupMs: Ms,
): BlamedRequest {
  const { members, dispatched, done } = caused.occupation
  const isCounted = (other: number) => rows.at[other]! >= warmupMs
  return {
    run,
    key,
    stallMs,
    dispatched,
    class: rows.class[key]!,
    tokens: lengthOf(rows, key),
    runsMs: done - dispatched,
    batchSize: members.length,
    victims: distinctVictims(stalls.waits, [caused], isCounted),
    longest: longestVictims(stalls.waits, caused, isCounted),
  }
}
