import { executorsOf, type Ms, type ServingPlan } from '../serving/index.ts'
import { RowRecorder, Rows } from '../stats/index.ts'
import { ListSource, type RequestList } from '../traffic/index.ts'
import {
  AlikeSpeed,
  type DispatcherTurns,
  Empirical,
  LocalOverheads,
  type MachineField,
  machineOf,
  type OverheadTables,
  recordField,
  type TimedCost,
  type Turn,
  usualOverhead,
  type WakeCurve,
  wakeCost,
} from '../world/index.ts'
import { runWorld } from './run-world.ts'

/** What was observed of one replay. */
export interface ObservedRun {
  readonly rows: Rows
  /** when each timer was due, and when it fired or something overtook it */
  readonly timers: readonly Turn[]
}

/** One batch of a run, read back from its members' rows. */
export interface BatchRow {
  readonly executor: number
  readonly size: number
  readonly length: number
  /** from the end of the executor's last batch to this dispatch; Infinity for its first */
  readonly gap: Ms
  readonly dispatched: Ms
  readonly started: Ms
  readonly ended: Ms
  readonly done: Ms
}

/** The batches of a run in the order of dispatch. */
export function batchesOf(rows: Rows): BatchRow[] {
  const c = rows.columns
  const first = new Map<number, number>()
  for (let key = 0; key < rows.count; key++) {
    if (c.batch[key]! >= 0 && !first.has(c.batch[key]!)) first.set(c.batch[key]!, key)
  }
  const lastEnded = new Map<number, Ms>()
  return [...first.values()]
    .sort((a, b) => c.dispatched[a]! - c.dispatched[b]! || c.batch[a]! - c.batch[b]!)
    .map((key) => {
      const executor = c.executor[key]!
      const gap = c.dispatched[key]! - (lastEnded.get(executor) ?? Number.NEGATIVE_INFINITY)
      lastEnded.set(executor, c.ended[key]!)
      return {
        executor,
        size: c.batchSize[key]!,
        length: c.padded[key]!,
        gap,
        dispatched: c.dispatched[key]!,
        started: c.started[key]!,
        ended: c.ended[key]!,
        done: c.done[key]!,
      }
    })
}

/**
 * What is known of an executor beforehand: expected work by size and padded length, and wake-up.
 */
export interface ExecutorWork {
  readonly work: (size: number, length: number) => Ms
  readonly wake: WakeCurve
}

/** What the dispatcher did in a run, and when it was due. */
export function turnsOf({ rows, timers }: ObservedRun): DispatcherTurns {
  const { at, sent } = rows.columns
  const completions = batchesOf(rows).map(({ ended, done }): Turn => [ended, done])
  return {
    reactions: [...completions, ...timers],
    handOvers: Array.from(at, (due, key): Turn => [due, sent[key]!]),
  }
}

/** The machine during a run, by its own batches. `work`: one entry for each executor. */
export function fieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MachineField {
  const worked = batchesOf(run.rows).map((batch) => {
    const { work: expected, wake } = work[batch.executor]!
    return { ...batch, work: expected(batch.size, batch.length) + wakeCost(wake, batch.gap) }
  })
  return recordField(worked, work.length, turnsOf(run))
}

/** Gap classes of dispatch overheads, ms: where an executor's thread falls asleep deeper. */
const DISPATCH_GAPS = [0.02, 0.1, 0.5, 2, 10] as const
/** Upper edges of all classes but the last: geometric means of neighbours. */
const DISPATCH_EDGES = DISPATCH_GAPS.slice(1).map((gap, i) => Math.sqrt(gap * DISPATCH_GAPS[i]!))

interface Costs {
  readonly lag: readonly TimedCost[]
  readonly timer: readonly TimedCost[]
  readonly completion: readonly TimedCost[]
  /** by gap class */
  readonly dispatch: readonly (readonly TimedCost[])[]
}

/** The usual overheads of a run; what is unusually long is left to the field of standstills. */
function costsOf(run: ObservedRun): Costs {
  const { reactions, handOvers } = turnsOf(run)
  const batches = batchesOf(run.rows)
  // one measure of what is usual for all gap classes, as the field of standstills has it
  const dispatches = usualOnly(
    batches.map((b) => ({ at: b.dispatched, ms: b.started - b.dispatched, gap: b.gap })),
  )
  const costs = (turns: readonly Turn[]) =>
    usualOnly(turns.map(([due, at]) => ({ at: due, ms: Math.max(0, at - due) })))
  return {
    lag: costs(handOvers),
    timer: costs(run.timers),
    completion: costs(reactions.slice(0, batches.length)),
    dispatch: DISPATCH_GAPS.map((_, i) => dispatches.filter(({ gap }) => dispatchClass(gap) === i)),
  }
}

function usualOnly<C extends TimedCost>(costs: readonly C[]): C[] {
  const { longest } = usualOverhead(costs.map(({ ms }) => ms))
  return costs.filter(({ ms }) => ms <= longest)
}

function dispatchClass(gap: Ms): number {
  const i = DISPATCH_EDGES.findIndex((edge) => gap <= edge)
  return i < 0 ? DISPATCH_EDGES.length : i
}

/** The overheads of some runs as samples that hold at any time, for a profile. */
export function overheadsOf(runs: readonly ObservedRun[]): OverheadTables {
  const all = runs.map(costsOf)
  const table = (of: (costs: Costs) => readonly TimedCost[]) => {
    const sample = all.flatMap((costs) => of(costs).map(({ ms }) => ms))
    return sample.length > 0 ? Empirical.table(sample) : [0]
  }
  return {
    lag: table(({ lag }) => lag),
    timer: table(({ timer }) => timer),
    completion: table(({ completion }) => completion),
    dispatch: DISPATCH_GAPS.map((gapMs, i) => ({
      gapMs,
      table: table(({ dispatch }) => dispatch[i]!),
    })).filter((_, i) => all.some(({ dispatch }) => dispatch[i]!.length > 0)),
  }
}

/** The station of each executor: those of one station are alike and share a queue. */
function stationsOf(plan: ServingPlan): number[] {
  return executorsOf(plan).map(({ pool }, executor) =>
    plan.pools[pool]!.perReplicaQueues ? executor : -1 - pool,
  )
}

/**
 * Simulates a replay under the machine speed, the overheads and the send times of that very replay,
 * but with decisions of its own: what differs is queueing and batching logic. Its rows come back.
 */
export function simulateStructure(
  run: ObservedRun & {
    readonly plan: ServingPlan
    readonly requests: RequestList
    readonly work: readonly ExecutorWork[]
    readonly seed: number
    readonly replication: number
  },
): Rows {
  const overheads = new LocalOverheads({ ...costsOf(run), edges: DISPATCH_EDGES })
  const simulated = Rows.allocate(run.rows.count)
  const machine = machineOf(fieldOf(run, run.work))
  const batches = batchesOf(run.rows)
  const given = run.work.map((_, executor) =>
    Float64Array.from(
      batches.filter((batch) => batch.executor === executor),
      ({ dispatched }) => dispatched,
    ),
  )
  runWorld({
    plan: run.plan,
    source: new ListSource(run.requests, run.rows.columns.sent),
    hardware: run.work.map(({ work, wake }) => ({ work: { of: work }, wake, overheads })),
    machine: { ...machine, speed: new AlikeSpeed(machine.speed, stationsOf(run.plan), given) },
    lag: null,
    timer: overheads,
    seed: run.seed,
    replication: run.replication,
    observe: (requests) => new RowRecorder(simulated, requests),
  })
  return simulated
}
