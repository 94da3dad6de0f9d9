import type { ServingPlan } from '../serving/plan.ts'
import type { Ms } from '../serving/ports.ts'
import { RowRecorder, Rows } from '../stats/rows.ts'
import { ListSource, type RequestList } from '../traffic/request-list.ts'
import { Empirical } from '../world/empirical.ts'
import { machineOf } from '../world/machine.ts'
import { Overheads, type OverheadTables } from '../world/overheads.ts'
import { type DispatcherTurns, type MachineField, recordField } from '../world/recorded-field.ts'
import { type Turn, usualOverhead } from '../world/standstills.ts'
import type { WakeCurve } from '../world/work.ts'
import { wakeCost } from '../world/work.ts'
import { runWorld } from './run-world.ts'

/** What was observed of one replay. */
export interface ObservedRun {
  readonly rows: Rows
  /** when each timer was due, and when it fired */
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

/** What is known of an executor beforehand: expected work by size and padded length, and wake-up. */
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

/**
 * The usual overheads of some runs as samples: never which batch they belonged to. What is
 * unusually long is left to the field of standstills.
 */
export function overheadsOf(runs: readonly ObservedRun[]): OverheadTables {
  const usual = (sample: readonly Ms[]) => {
    const { longest } = usualOverhead(sample)
    return sample.length > 0 ? Empirical.table(sample.filter((ms) => ms <= longest)) : [0]
  }
  const batches = runs.flatMap(({ rows }) => batchesOf(rows))
  const dispatch = DISPATCH_GAPS.map((gapMs, i) => ({
    gapMs,
    sample: batches
      .filter(({ gap }) => dispatchClass(gap) === i)
      .map(({ started, dispatched }) => started - dispatched),
  }))
  return {
    lag: usual(
      runs.flatMap(({ rows: { columns } }) =>
        Array.from(columns.sent, (sent, key) => Math.max(0, sent - columns.at[key]!)),
      ),
    ),
    timer: usual(runs.flatMap(({ timers }) => timers.map(([due, at]) => at - due))),
    completion: usual(batches.map(({ done, ended }) => done - ended)),
    dispatch: dispatch
      .filter(({ sample }) => sample.length > 0)
      .map(({ gapMs, sample }) => ({ gapMs, table: usual(sample) })),
  }
}

function dispatchClass(gap: Ms): number {
  if (!Number.isFinite(gap)) return DISPATCH_GAPS.length - 1
  const distances = DISPATCH_GAPS.map((edge) => Math.abs(Math.log(Math.max(gap, 1e-3) / edge)))
  return distances.indexOf(Math.min(...distances))
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
  const overheads = new Overheads(overheadsOf([run]))
  const simulated = Rows.allocate(run.rows.count)
  runWorld({
    plan: run.plan,
    source: new ListSource(run.requests, run.rows.columns.sent),
    hardware: run.work.map(({ work, wake }) => ({ work: { of: work }, wake, overheads })),
    machine: machineOf(fieldOf(run, run.work)),
    lag: null,
    timer: overheads,
    seed: run.seed,
    replication: run.replication,
    observe: (requests) => new RowRecorder(simulated, requests),
  })
  return simulated
}
