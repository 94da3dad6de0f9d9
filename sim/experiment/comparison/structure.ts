import { type Ms, type ServingPlan, stationsOf } from '../../serving/index.ts'
import { RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, type RequestList } from '../../traffic/index.ts'
import {
  AlikeSpeed,
  type DueEvent,
  type MachineField,
  type MetField,
  machineOf,
  recordField,
  recordMet,
  type WakeCurve,
  type WorkedBatch,
  wakeCost,
} from '../../world/index.ts'
import { runWorld } from '../simulation/run-world.ts'
import { localOverheads } from './observed-overheads.ts'
import { type BatchRow, batchesOf, dueEvents, type ObservedRun } from './observed-run.ts'
import { RecordedLoads } from './recorded-loads.ts'

/**
 * What is known of an executor beforehand: expected work by size and padded length, and wake-up.
 */
export interface ExecutorWork {
  readonly work: (size: number, length: number) => Ms
  readonly wake: WakeCurve
}

/**
 * The machine during a run, by its own batches, without those that failed: it is not known how far
 * they came. `work`: one entry for each executor.
 */
export function fieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MachineField {
  const batches = batchesOf(run.rows)
  return recordField(workedBatches(batches, work), work.length, dueEvents(run, batches))
}

/** The same for other runs. */
export function metFieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MetField {
  const batches = batchesOf(run.rows)
  return recordMet(workedBatches(batches, work), work.length, dueEvents(run, batches))
}

function workedBatches(batches: readonly BatchRow[], work: readonly ExecutorWork[]): WorkedBatch[] {
  return batches
    .filter(({ failed }) => !failed)
    .map((batch) => {
      const { work: expected, wake } = work[batch.executor]!
      return { ...batch, work: expected(batch.size, batch.length) + wakeCost(wake, batch.gap) }
    })
}

/** A replay as its structure check takes it. `work`: one entry for each executor. */
export interface StructureInput extends ObservedRun {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly work: readonly ExecutorWork[]
  readonly seed: number
}

/**
 * Simulates a replay under the machine speed, the overheads and the send times of that very replay,
 * but with decisions of its own: what differs is queueing and batching logic. The function that
 * comes back runs a replication, which is observed as a replay is.
 */
export function structureSimulator(run: StructureInput): (replication: number) => ObservedRun {
  const overheads = localOverheads(run)
  const field = fieldOf(run, run.work)
  const batches = batchesOf(run.rows)
  const given = run.work.map((_, executor) =>
    Float64Array.from(
      batches.filter((batch) => batch.executor === executor),
      ({ dispatched }) => dispatched,
    ),
  )
  return (replication) => {
    const rows = Rows.allocate(run.rows.count)
    const fired: DueEvent[] = []
    const machine = machineOf(field)
    runWorld({
      plan: run.plan,
      source: new ListSource(run.requests, run.rows.columns.sent),
      hardware: run.work.map(({ work, wake }) => ({ work: { of: work }, wake, overheads })),
      machine: { ...machine, speed: new AlikeSpeed(machine.speed, stationsOf(run.plan), given) },
      sendDelay: null,
      timer: overheads,
      loads: new RecordedLoads(run.moves ?? []),
      seed: run.seed,
      replication,
      fired,
      observe: (requests) => [new RowRecorder(rows, requests)],
    })
    return { rows, timers: fired }
  }
}
