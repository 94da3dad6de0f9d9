import { Empirical } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import {
  classEdges,
  classOf,
  type DueEvent,
  indexAfter,
  LocalOverheads,
  type OverheadTables,
  type TimedCost,
  usualOverhead,
} from '../../world/index.ts'
import { batchesOf, dueEvents, type ObservedRun } from './observed-run.ts'

/** Classes of dispatch overheads by idle gap, ms: where an executor's thread sleeps deeper. */
const GAPS = [0.004, 0.03, 0.1, 0.5, 2, 10] as const
/**
 * Classes of completion overheads by when the dispatcher was due, ms. It spins away the last 0.2 ms
 * of a wait (runtime/live/live-port.ts), and its timer wakes it a little after that.
 */
const DUE = [0.12, 0.18, 0.25] as const

const CLASSES = { completion: DUE, dispatch: GAPS }
const EDGES = { completion: classEdges(DUE), dispatch: classEdges(GAPS) }
type OverheadKind = keyof typeof CLASSES

const ALL_EXECUTORS: readonly [from: number, to: number] = [0, Number.POSITIVE_INFINITY]
/** A class of fewer costs than this says less than its neighbour. */
const FEWEST = 30

interface ClassedCost extends TimedCost {
  /** what its class is derived from */
  readonly by: Ms
}

interface Costs extends Readonly<Record<OverheadKind, readonly ClassedCost[]>> {
  readonly lag: readonly TimedCost[]
  readonly timer: readonly TimedCost[]
}

/**
 * The usual overheads of a run, around the batches of some of its executors; what is unusually long
 * is left to the field of stalls.
 */
function costsOf(run: ObservedRun, [from, to] = ALL_EXECUTORS): Costs {
  const batches = batchesOf(run).filter(({ executor }) => executor >= from && executor < to)
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
  const { longest } = usualOverhead(costs, ({ ms }) => ms)
  return costs.filter(({ ms }) => ms <= longest)
}

/** Costs by class. */
function classed(costs: Costs, of: OverheadKind): ClassedCost[][] {
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

/** What a run alone says of overheads: the usual ones, ms; completions and dispatches by class. */
export interface OverheadSamples extends Readonly<Record<OverheadKind, readonly Ms[][]>> {
  readonly lag: readonly Ms[]
  readonly timer: readonly Ms[]
}

/** The overheads of some runs as samples that hold at any time, for a profile. */
export const overheadsOf = (recordings: readonly OverheadRecording[]): OverheadTables =>
  overheadTables(recordings.map(overheadSamples))

export function overheadSamples({ run, executors }: OverheadRecording): OverheadSamples {
  const costs = costsOf(run, executors)
  const sample = (some: readonly TimedCost[]) => some.map(({ ms }) => ms)
  return {
    lag: sample(costs.lag),
    timer: sample(costs.timer),
    completion: classed(costs, 'completion').map(sample),
    dispatch: classed(costs, 'dispatch').map(sample),
  }
}

/** Of all these runs together. */
export function overheadTables(runs: readonly OverheadSamples[]): OverheadTables {
  const table = (samples: readonly (readonly Ms[])[]) => {
    const sample = samples.flat()
    return sample.length > 0 ? Empirical.table(sample) : [0]
  }
  const tables = (of: OverheadKind) => {
    const classes = CLASSES[of].map((atMs, i) => {
      const samples = runs.map((run) => run[of][i]!)
      return { atMs, samples, count: samples.reduce((sum, { length }) => sum + length, 0) }
    })
    const most = Math.max(...classes.map(({ count }) => count))
    const sampled = classes.filter(({ count }) => count >= (most < FEWEST ? 1 : FEWEST))
    if (sampled.length === 0) return [{ atMs: 0, table: [0] }]
    return sampled.map(({ atMs, samples }) => ({ atMs, table: table(samples) }))
  }
  return {
    lag: table(runs.map(({ lag }) => lag)),
    timer: table(runs.map(({ timer }) => timer)),
    completion: tables('completion'),
    dispatch: tables('dispatch'),
  }
}

/** The overheads of a run, each as those near it in time were. */
export function localOverheads(run: ObservedRun): LocalOverheads {
  const costs = costsOf(run)
  const local = (of: OverheadKind) => ({ edges: EDGES[of], costs: classed(costs, of) })
  return new LocalOverheads({
    timer: costs.timer,
    completion: local('completion'),
    dispatch: local('dispatch'),
  })
}
