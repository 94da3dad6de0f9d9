import { type Ms, OUTCOME } from '../../serving/index.ts'
import type { EngineRun, ExecutorChange, ModelMove, RowRecorder, Rows } from '../../stats/index.ts'
import type { DispatcherTurns, DueEvent } from '../../world/index.ts'

/** What was observed of one replay. */
export interface ObservedRun {
  readonly rows: Rows
  /** when each timer was due, and when it fired or something overtook it */
  readonly timers: readonly DueEvent[]
  /** models that came and went; none where all stay */
  readonly moves?: readonly ModelMove[]
  /** by executor, how often its process ended in the middle of a batch; none where all lasted */
  readonly deaths?: readonly number[]
  /** of batches that servers did not answer as they should, by kind; absent where there are none */
  readonly problems?: Readonly<Record<string, number>>
  /** to the server that got each request on its own; absent where executors are seen */
  readonly connections?: number
  /** executors that came or went, in order; none where all ran all the time */
  readonly changes?: readonly ExecutorChange[]
  /** changes of tuned settings, in order; absent where rows were kept without them */
  readonly settings?: RowRecorder['settings'] | undefined
  /** replicas that were ejected, and got requests again, in order; none where none fails them */
  readonly ejections?: Readonly<RowRecorder['ejections']>
  /** of each start of the traffic; none in a simulated run */
  readonly control?: readonly ControlReading[]
  /** before the traffic of slices, in order; absent where nothing was probed */
  readonly probes?: readonly IdleProbe[]
  /** of executors that generate; absent where batches are run */
  readonly engineRuns?: readonly EngineRun[] | undefined
  /** by number of the batch, ms; NaN where it was not measured; absent where no batch has one */
  readonly processorMs?: Float64Array
}

/** Batches that executors ran without traffic: back to back, and after idle times. */
export interface IdleProbe {
  /** when the traffic after it began */
  readonly at: Ms
  readonly batches: readonly ProbedBatch[]
}

/** One of some batches of a shape, each of which ran after the same idle time. */
export interface ProbedBatch {
  readonly executor: number
  readonly size: number
  readonly length: number
  /** the idle time that was planned; 0 for back to back */
  readonly idleMs: Ms
  /** from the end of the batch before it to its dispatch */
  readonly gap: Ms
  readonly ms: Ms
}

/** How long the control kernel, a fixed piece of work, took just before traffic began. */
export interface ControlReading {
  /** when that traffic began */
  readonly at: Ms
  /** by executor */
  readonly ms: readonly Ms[]
}

/** One batch of a run, read back from its members' rows; of executors that generate, their runs. */
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
  /** of the thread that computed it; absent where it was not measured */
  readonly processorMs?: Ms
  /** absent where it was computed at once */
  readonly steps?: EngineRun
}

/** The batches of a run in the order of dispatch. */
export function batchesOf({
  rows,
  processorMs,
  engineRuns,
}: Pick<ObservedRun, 'rows' | 'processorMs' | 'engineRuns'>): BatchRow[] {
  if (engineRuns !== undefined) return runsAsBatches(engineRuns)
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
        ...(processorMs && { processorMs: processorMs[c.batch[key]!]! }),
      }
    })
}

function runsAsBatches(runs: readonly EngineRun[]): BatchRow[] {
  const lastEnded = new Map<number, Ms>()
  return [...runs]
    .sort((a, b) => a.sent - b.sent)
    .map((steps) => {
      const { executor, sent: dispatched, began: started, ended, done, batch } = steps
      const gap = dispatched - (lastEnded.get(executor) ?? Number.NEGATIVE_INFINITY)
      lastEnded.set(executor, ended)
      const size = batch.decodes + batch.prefills
      const times = { gap, dispatched, started, ended, done }
      return { executor, size, length: 0, ...times, failed: false, steps }
    })
}

/** What the dispatcher did in a run, and when it was due. */
export function dueEvents(
  run: ObservedRun,
  batches: readonly BatchRow[] = batchesOf(run),
): DispatcherTurns {
  const { rows, timers, moves = [] } = run
  const { at, sent, routed } = rows.columns
  // only loads wait for an unload, and they include it
  const ends = [...batches, ...moves.filter(({ kind }) => kind === 'load')]
  const completions = ends.map(({ ended, done }): DueEvent => [ended, done])
  const handOvers: DueEvent[] = []
  for (let key = 0; key < rows.count; key++) {
    // where networks carry requests, they are routed before they are delivered
    handOvers.push([at[key]!, Number.isNaN(routed[key]!) ? sent[key]! : routed[key]!])
  }
  return { reactions: [...completions, ...timers], handOvers }
}
