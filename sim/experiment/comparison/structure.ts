import { Empirical } from '../../kernel/index.ts'
import { type Ms, OUTCOME, type ServingPlan, stationsOf } from '../../serving/index.ts'
import { type ExecutorChange, type ModelMove, RowRecorder, Rows } from '../../stats/index.ts'
import { ListSource, type RequestList } from '../../traffic/index.ts'
import {
  AlikeSpeed,
  classEdges,
  classOf,
  type DispatcherTurns,
  type DueEvent,
  indexAfter,
  LocalOverheads,
  type MachineField,
  type MetField,
  machineOf,
  type OverheadTables,
  recordField,
  recordMet,
  type TimedCost,
  usualOverhead,
  type WakeCurve,
  type WorkedBatch,
  wakeCost,
} from '../../world/index.ts'
import { runWorld } from '../simulation/run-world.ts'
import { RecordedLoads } from './recorded-loads.ts'

/** What was observed of one replay. */
export interface ObservedRun {
  readonly rows: Rows
  /** when each timer was due, and when it fired or something overtook it */
  readonly timers: readonly DueEvent[]
  /** models that came and went; none where all stay */
  readonly moves?: readonly ModelMove[]
  /** by executor, how often its process ended in the middle of a batch; none where all lasted */
  readonly deaths?: readonly number[]
  /** executors that came or went, in order; none where all ran all the time */
  readonly changes?: readonly ExecutorChange[]
  /** changes of tuned settings, in order; absent where rows were kept without them */
  readonly settings?: RowRecorder['settings'] | undefined
  /** replicas that were ejected, and got requests again, in order; none where none fails them */
  readonly ejections?: Readonly<RowRecorder['ejections']>
  /** of each start of the traffic; none in a simulated run */
  readonly control?: readonly ControlReading[]
}

/** How long the control kernel, a fixed piece of work, took just before traffic began. */
export interface ControlReading {
  /** when that traffic began */
  readonly at: Ms
  /** by executor */
  readonly ms: readonly Ms[]
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
  /** it ran out of memory */
  readonly failed: boolean
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
        failed: c.outcome[key] === OUTCOME.failed,
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
export function dueEvents({ rows, timers, moves = [] }: ObservedRun): DispatcherTurns {
  const { at, sent, routed } = rows.columns
  // only loads wait for an unload, and they include it
  const ends = [...batchesOf(rows), ...moves.filter(({ kind }) => kind === 'load')]
  const completions = ends.map(({ ended, done }): DueEvent => [ended, done])
  return {
    reactions: [...completions, ...timers],
    // where networks carry requests, they are routed before they are delivered
    handOvers: Array.from(at, (due, key): DueEvent => {
      return [due, Number.isNaN(routed[key]!) ? sent[key]! : routed[key]!]
    }),
  }
}

/**
 * The machine during a run, by its own batches, without those that failed: it is not known how far
 * they came. `work`: one entry for each executor.
 */
export function fieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MachineField {
  return recordField(workedBatches(run, work), work.length, dueEvents(run))
}

/** The same for other runs. */
export function metFieldOf(run: ObservedRun, work: readonly ExecutorWork[]): MetField {
  return recordMet(workedBatches(run, work), work.length, dueEvents(run))
}

function workedBatches(run: ObservedRun, work: readonly ExecutorWork[]): WorkedBatch[] {
  return batchesOf(run.rows)
    .filter(({ failed }) => !failed)
    .map((batch) => {
      const { work: expected, wake } = work[batch.executor]!
      return { ...batch, work: expected(batch.size, batch.length) + wakeCost(wake, batch.gap) }
    })
}

/** Classes of dispatch overheads by idle gap, ms: where an executor's thread sleeps deeper. */
const GAPS = [0.004, 0.03, 0.1, 0.5, 2, 10] as const
/**
 * Classes of completion overheads by when the dispatcher was due, ms. It spins away the last 0.2 ms
 * of a wait (runtime/live/live-port.ts), and its timer wakes it a little after that.
 */
const DUE = [0.12, 0.18, 0.25] as const

const CLASSES = { completion: DUE, dispatch: GAPS }
const EDGES = { completion: classEdges(DUE), dispatch: classEdges(GAPS) }
type Classed = keyof typeof CLASSES

const ALL_EXECUTORS: readonly [from: number, to: number] = [0, Number.POSITIVE_INFINITY]
/** A class of fewer costs than this says less than its neighbour. */
const FEWEST = 30

interface ClassedCost extends TimedCost {
  /** what its class is derived from */
  readonly by: Ms
}

interface Costs extends Readonly<Record<Classed, readonly ClassedCost[]>> {
  readonly lag: readonly TimedCost[]
  readonly timer: readonly TimedCost[]
}

/**
 * The usual overheads of a run, around the batches of some of its executors; what is unusually long
 * is left to the field of stalls.
 */
function costsOf(run: ObservedRun, [from, to] = ALL_EXECUTORS): Costs {
  const batches = batchesOf(run.rows).filter(({ executor }) => executor >= from && executor < to)
  const due = nextDue(run)
  const costs = (turns: readonly DueEvent[]) =>
    usualOnly(turns.map(([at, happened]) => ({ at, ms: Math.max(0, happened - at) })))
  return {
    lag: costs(dueEvents(run).handOvers),
    timer: costs(run.timers),
    completion: usualOnly(
      batches.map(({ ended, done }) => ({
        at: ended,
        ms: Math.max(0, done - ended),
        by: due(ended) - ended,
      })),
    ),
    // one measure of what is usual for all classes, as the field of stalls has it
    dispatch: usualOnly(
      batches.map((b) => ({
        at: b.dispatched,
        ms: Math.max(0, b.started - b.dispatched),
        by: b.gap,
      })),
    ),
  }
}

/** When the dispatcher had something to do next, other than completions: a request or a timer. */
function nextDue({ rows, timers }: ObservedRun): (at: Ms) => Ms {
  const { at, sent } = rows.columns
  const turns: DueEvent[] = [
    ...Array.from(at, (due, key): DueEvent => [due, sent[key]!]),
    ...timers,
  ]
  turns.sort(([, a], [, b]) => a - b)
  const happened = Float64Array.from(turns, ([, time]) => time)
  return (time) => turns[indexAfter(happened, time)]?.[0] ?? Number.POSITIVE_INFINITY
}

function usualOnly<C extends TimedCost>(costs: readonly C[]): C[] {
  const { longest } = usualOverhead(costs.map(({ ms }) => ms))
  return costs.filter(({ ms }) => ms <= longest)
}

/** Costs by class. */
function classed(costs: Costs, of: Classed): ClassedCost[][] {
  const classes: ClassedCost[][] = CLASSES[of].map(() => [])
  for (const cost of costs[of]) classes[classOf(EDGES[of], cost.by)]!.push(cost)
  return classes
}

/** Overheads of a run, around the batches of some of its executors. */
export interface OverheadRecording {
  readonly run: ObservedRun
  /** the first executor, and the one after the last */
  readonly executors: readonly [from: number, to: number]
}

/** The overheads of some runs as samples that hold at any time, for a profile. */
export function overheadsOf(recordings: readonly OverheadRecording[]): OverheadTables {
  const all = recordings.map(({ run, executors }) => costsOf(run, executors))
  const table = (costs: readonly (readonly TimedCost[])[]) => {
    const sample = costs.flatMap((some) => some.map(({ ms }) => ms))
    return sample.length > 0 ? Empirical.table(sample) : [0]
  }
  const tables = (of: Classed) => {
    const each = all.map((costs) => classed(costs, of))
    const classes = CLASSES[of].map((atMs, i) => {
      const costs = each.map((own) => own[i]!)
      return { atMs, costs, count: costs.reduce((sum, { length }) => sum + length, 0) }
    })
    const most = Math.max(...classes.map(({ count }) => count))
    const seen = classes.filter(({ count }) => count >= (most < FEWEST ? 1 : FEWEST))
    if (seen.length === 0) return [{ atMs: 0, table: [0] }]
    return seen.map(({ atMs, costs }) => ({ atMs, table: table(costs) }))
  }
  return {
    lag: table(all.map(({ lag }) => lag)),
    timer: table(all.map(({ timer }) => timer)),
    completion: tables('completion'),
    dispatch: tables('dispatch'),
  }
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
  const costs = costsOf(run)
  const local = (of: Classed) => ({ edges: EDGES[of], costs: classed(costs, of) })
  const overheads = new LocalOverheads({
    timer: costs.timer,
    completion: local('completion'),
    dispatch: local('dispatch'),
  })
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
