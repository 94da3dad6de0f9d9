import type { Scenario } from '../../../scenarios/schema/schema.ts'
import { type Ms, OUTCOME, type ServingPlan } from '../../serving/index.ts'
import type { RowColumns, StepRow } from '../../stats/index.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'
import type { ExecutorWork } from '../comparison/structure.ts'
import { batchShares } from './batch-shares.ts'
import { groupFinder, type LengthGroup, lengthGroups, lengthOf } from './length-groups.ts'
import { type Caused, type StationStalls, stationStalls } from './stall-clock.ts'
import { type StationRows, stationRows } from './station-rows.ts'
import { type InsideTimes, StepBlame } from './step-blame.ts'
import { distinctVictims, longestVictims, type Victim } from './victims.ts'
import { isSplit, stallRule, WAIT_CAUSES, type WaitTimes, waitTimes } from './wait-causes.ts'

interface BlameInput {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** one entry for each executor */
  readonly work: readonly ExecutorWork[]
  readonly runs: readonly ObservedRun[]
  /** of each run: the steps of its engines; absent or null where they are not known */
  readonly steps?: readonly (readonly StepRow[] | null)[]
  /** single requests to list */
  readonly top: number
}

/** What a group of requests did to the others, and what it waited itself. */
interface BlamedGroup extends LengthGroup {
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
interface BlamedRequest {
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
  /** requests that joined a queue, and are counted */
  readonly requests: number
  readonly waitedMs: Ms
  readonly causes: WaitTimes
  readonly groups: readonly BlamedGroup[]
  /** by blamed group, then by group of those that waited, ms */
  readonly flows: readonly (readonly Ms[])[]
  readonly top: readonly BlamedRequest[]
  /** by run and request key: its waiting by cause; for counted requests only */
  readonly waits: readonly ReadonlyMap<number, RequestWaits>[]
}

/** The waiting of a request: in its queue, and in an engine for others. */
interface RequestWaits extends WaitTimes {
  /** the part in an engine */
  readonly inside: Ms
  /** by cause up to its first token */
  readonly first: WaitTimes
}

interface Ranked {
  readonly run: number
  readonly key: number
  readonly stallMs: Ms
  readonly caused: Caused
  readonly stalls: StationStalls
}

/** Divides all waiting in queues over its causes, and what others caused over those others. */
export function blameOf({ scenario, plan, work, runs, steps, top }: BlameInput): Blame {
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
  const waits = runs.map(() => new Map<number, RequestWaits>())
  for (const [run, observed] of runs.entries()) {
    const rows = columns[run]!
    const counted = (key: number) => (rows.at[key]! < warmupMs ? -1 : groupOf(rows, key))
    const isVictim = (key: number) => counted(key) >= 0
    const engines = new StepBlame({
      steps: steps?.[run] ?? [],
      rows,
      lawOf: (executor) => work[executor]!.steps!,
      groups: groups.length,
      groupOf: (key) => groupOf(rows, key),
      isCounted: isVictim,
    })
    const stations = stationRows(plan, observed).map((station) => {
      const { firstExecutor, executors, pool } = station
      const rule = {
        ...stallRule(plan, pool),
        groups: groups.length,
        groupOf: counted,
        runs: engines.runs.filter(
          ({ executor }) => executor >= firstExecutor && executor < firstExecutor + executors,
        ),
      }
      return { station, stalls: stationStalls(rows, station, rule) }
    })
    engines.blameWaits()
    for (const [g, byVictim] of engines.flows.entries()) {
      for (const [k, ms] of byVictim.entries()) flows[g]![k]! += ms
    }
    const delayed = engines.victims.map((keys) => new Set(keys))
    for (const { station, stalls } of stations) {
      for (const [key, parts] of stalls.waits) {
        const group = counted(key)
        if (group < 0) continue
        const queued = waitTimes(plan, station.pool, rows, key, parts)
        const times = withInside(queued, engines.inside.get(key), {
          pool: station.pool,
          plan,
          rows,
          key,
        })
        waits[run]!.set(key, times)
        for (const cause of WAIT_CAUSES) causes[cause] += times[cause]
        for (const [g, ms] of parts.byGroup.entries()) {
          flows[g]![group]! += ms
          if (ms > 0) delayed[g]!.add(key)
        }
      }
      const shares = shareOut(rows, station, { stalls, groupOf, flows, lengthMs, work, engines })
      for (const share of shares) ranked.push({ ...share, run, stalls })
      for (const g of groups.keys()) {
        const ofGroup = stalls.caused.filter(
          ({ occupation, total }) =>
            total > 0 && occupation.members.some((key) => groupOf(rows, key) === g),
        )
        for (const key of distinctVictims(stalls.waits, ofGroup, isVictim)) delayed[g]!.add(key)
      }
      keepLargest(ranked, top)
    }
    for (const [g, keys] of delayed.entries()) victims[g]! += keys.size
  }
  const arrived = groups.map((_, g) =>
    columns.reduce((n, rows) => n + countOf(rows, warmupMs, (key) => groupOf(rows, key) === g), 0),
  )
  return {
    requests: waits.reduce((n, ofRun) => n + ofRun.size, 0),
    waitedMs: WAIT_CAUSES.reduce((sum, cause) => sum + causes[cause], 0),
    causes,
    groups: groups.map((group, g) => ({
      ...group,
      requests: arrived[g]!,
      stallMs: sum(flows[g]!),
      lengthMs: lengthMs[g]!,
      victims: victims[g]!,
      sufferedMs: sum(flows.map((flow) => flow[g]!)),
    })),
    flows: flows.map((flow) => [...flow]),
    top: ranked.map((blamed) => describe(blamed, columns[blamed.run]!, warmupMs)),
    waits,
  }
}

/**
 * Adds what a request waited in an engine to its wait in the queue. An engine in which sequences
 * begin and end has it all the time; without a slot it was preempted.
 */
function withInside(
  queued: WaitTimes,
  inside: InsideTimes | undefined,
  of: {
    readonly pool: StationRows['pool']
    readonly plan: ServingPlan
    readonly rows: RowColumns
    readonly key: number
  },
): RequestWaits {
  if (inside === undefined) return { ...queued, inside: 0, first: queued }
  const { pool, plan, rows, key } = of
  const { prompts, decodes, first, slot } = inside
  const isWhole = rows.outcome[key] === OUTCOME.served && !isSplit(plan, pool)
  const preempted = isWhole ? rows.done[key]! - rows.dispatched[key]! - slot : 0
  // without a preemption the difference is rounding
  const returned = rows.preemptions[key]! > 0 ? Math.max(0, preempted) : 0
  return {
    ...queued,
    other_prompts: queued.other_prompts + prompts,
    other_decodes: queued.other_decodes + decodes,
    engine_admission: queued.engine_admission + returned,
    inside: prompts + decodes + returned,
    first: {
      ...queued,
      other_prompts: queued.other_prompts + first.prompts,
      other_decodes: queued.other_decodes + first.decodes,
    },
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
    readonly engines: StepBlame
  },
): Omit<Ranked, 'run' | 'stalls'>[] {
  return to.stalls.caused.flatMap((caused) => {
    const { occupation, byGroup, total } = caused
    const { executor, members } = occupation
    const bySteps = members.map((key) => to.engines.caused.get(key) ?? 0)
    if (!(total + sum(bySteps) > 0)) return []
    const lengths = members.map((key) => rows.inputTokens[key]!)
    const shares = batchShares(lengths, pool, to.work[executor]!.work)
    return members.map((key, i) => {
      const { fair, length } = shares[i]!
      const group = to.groupOf(rows, key)
      const flow = to.flows[group]!
      for (const [k, ms] of byGroup.entries()) flow[k]! += (fair + length) * ms
      to.lengthMs[group]! += length * total
      return { key, caused, stallMs: (fair + length) * total + bySteps[i]! }
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
    victims: distinctVictims(stalls.waits, [caused], isCounted).size,
    longest: longestVictims(stalls.waits, caused, isCounted),
  }
}
