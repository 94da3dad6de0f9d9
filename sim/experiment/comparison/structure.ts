import { type Ms, type ServingPlan, topologyOf } from '../../serving/index.ts'
import { type EngineRun, EngineRunRecorder, RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, type RequestList } from '../../traffic/index.ts'
import {
  AlikeSpeed,
  type DueEvent,
  engineMachineOf,
  type Machine,
  type MachineField,
  type MetField,
  machineOf,
  recordEngines,
  recordField,
  recordMet,
  type StepLaw,
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
  /** null or absent where a request is served in one step */
  readonly steps?: StepLaw | null
}

/**
 * The machine during a run, by its own batches, without those that failed: it is not known how far
 * they came. `work`: one entry for each executor.
 */
export function fieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MachineField {
  const batches = batchesOf(run)
  return recordField(workedBatches(batches, work), work.length, dueEvents(run, batches))
}

/** The same for other runs. */
export function metFieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MetField {
  const batches = batchesOf(run)
  return recordMet(workedBatches(batches, work), work.length, dueEvents(run, batches))
}

function workedBatches(batches: readonly BatchRow[], work: readonly ExecutorWork[]): WorkedBatch[] {
  return batches
    .filter(({ failed }) => !failed)
    .flatMap((batch) => {
      const { work: expected, wake, steps } = work[batch.executor]!
      const wakeMs = wakeCost(wake, batch.gap)
      if (batch.steps !== undefined) return workedSteps(batch.steps, steps!, wakeMs)
      return [{ ...batch, work: expected(batch.size, batch.length) + wakeMs }]
    })
}

/** The steps of a run: the first one is dispatched, and the end of the last one is seen. */
function workedSteps(run: EngineRun, law: StepLaw, wakeMs: Ms): WorkedBatch[] {
  const { executor, sent, began, stepEnds, ended, done, batch } = run
  const [firstMs, growthMs] = [law.stepMs(batch), law.growthMs(batch)]
  const ends = [...stepEnds, ended]
  return ends.map((end, i) => {
    const [follows, goesOn] = [i > 0, i < stepEnds.length]
    const started = follows ? ends[i - 1]! : began
    return {
      ...{ executor, started, ended: end, follows, goesOn },
      dispatched: follows ? started : sent,
      done: goesOn ? end : done,
      work: firstMs + i * growthMs + (follows ? 0 : wakeMs),
    }
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
  const recorded = recordedMachine(run)
  const batches = batchesOf(run)
  const given = run.work.map((_, executor) =>
    Float64Array.from(
      batches.filter((batch) => batch.executor === executor),
      ({ dispatched }) => dispatched,
    ),
  )
  const stations = topologyOf(run.plan).executors.map(({ station }) => station)
  return (replication) => {
    const rows = Rows.allocate(run.rows.count)
    const fired: DueEvent[] = []
    const engines = new EngineRunRecorder()
    const machine = recorded()
    runWorld({
      plan: run.plan,
      source: new ListSource(run.requests, run.rows.columns.sent),
      hardware: run.work.map(({ work, wake, steps = null }) => {
        return { work: { of: work }, wake, overheads, steps: steps && { ...steps, varied: asTold } }
      }),
      machine: { ...machine, speed: new AlikeSpeed(machine.speed, stations, given) },
      sendDelay: null,
      timer: overheads,
      loads: new RecordedLoads(run.moves ?? []),
      seed: run.seed,
      replication,
      fired,
      observe: (requests) => [new RowRecorder(rows, requests), engines],
    })
    const engineRuns = run.engineRuns && engines.runs
    return { rows, timers: fired, engineRuns }
  }
}

/** Makes the machine of a replay, anew for each replication. */
function recordedMachine(run: StructureInput): () => Machine {
  if (run.engineRuns) {
    const runs = batchesOf(run)
    const steps = workedBatches(runs, run.work)
    const field = recordEngines(steps, run.work.length, dueEvents(run, runs))
    return () => engineMachineOf(field)
  }
  const field = fieldOf(run, run.work)
  return () => machineOf(field)
}

/** Steps take what the recorded speeds make of their mean times. */
const asTold = (ms: Ms): Ms => ms
