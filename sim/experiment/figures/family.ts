import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PoolResult, Result } from '../../documents/index.ts'
import type { Ms, Observer, ServingPlan } from '../../serving/index.ts'
import type { RecorderOptions, RecorderSummary } from '../../stats/index.ts'
import type {
  DevicePower,
  DueEvent,
  ExecutorLifecycle,
  SharedCards,
  WorldMemory,
} from '../../world/index.ts'
import type { SimulationInput } from '../system/simulation-input.ts'

/** A run whose figures are recorded: a simulated one, or a replay that is played back. */
export interface StartedRun extends RecorderOptions {
  /** number of the replication; 0 of a replay */
  readonly replication: number
  /** null of a replay */
  readonly simulated: SimulatedParts | null
}

/** The same with what many families read. */
export interface RecordedRun extends StartedRun {
  readonly warmupMs: Ms
  readonly durationMs: Ms
  /** pool of each executor */
  readonly poolOf: readonly number[]
}

/** Parts of a simulated world that have figures; null for each that it has not. */
export interface SimulatedParts {
  readonly input: SimulationInput
  readonly lifecycle: ExecutorLifecycle | null
  readonly power: DevicePower | null
  readonly memory: WorldMemory | null
  readonly cards: SharedCards | null
  /** timers that were due; null where stalls are not looked for */
  readonly fired: readonly DueEvent[] | null
}

/** What a family records of one run. */
export interface Recorded<S> {
  /** none where the run has nothing of it */
  readonly observers: readonly Observer[]
  /** once the run has ended, at `endMs` */
  readonly summary: (endMs: Ms) => S
}

export const NOT_RECORDED: Recorded<null> = Object.freeze({ observers: [], summary: () => null })

/** Runs of which a result is written. */
export interface DocumentedRuns {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  /** of each pool, requests/s; null where it is not known */
  readonly capacitiesRps: readonly (number | null)[]
  readonly runs: readonly RecorderSummary[]
}

/**
 * Figures that belong together: how a run records them, and what a result has of them. A run has
 * their summary by the name of the family. `summaries`: the summary of each run.
 */
export interface Family {
  /** absent where the recorder of requests has them, too */
  start?(run: RecordedRun): Recorded<unknown>
  ofClass?(summaries: readonly unknown[], of: DocumentedRuns, index: number): object
  ofPool?(summaries: readonly unknown[], of: DocumentedRuns, index: number): object
  ofSystem?(summaries: readonly unknown[], of: DocumentedRuns): object
  warnings?(scenario: Scenario, result: Pick<Result, 'classes' | 'pools'>): readonly string[]
}

/** A family whose summary of a run is `S`. */
export interface RecordedFamily<S> extends Pick<Family, 'warnings'> {
  start(run: RecordedRun): Recorded<S>
}

/** Keys of a result that follow from such summaries: of a class, of a pool, of the system. */
export interface ClassFigures<S, K extends keyof ClassResult> {
  ofClass(summaries: readonly S[], of: DocumentedRuns, index: number): Pick<ClassResult, K>
}
export interface PoolFigures<S, K extends keyof PoolResult> {
  ofPool(summaries: readonly S[], of: DocumentedRuns, index: number): Pick<PoolResult, K>
}
interface SystemFigures<S, K extends keyof Result> {
  ofSystem(summaries: readonly S[], of: DocumentedRuns): Pick<Result, K>
}

export type ClassFamily<S, K extends keyof ClassResult> = RecordedFamily<S> & ClassFigures<S, K>
export type PoolFamily<S, K extends keyof PoolResult> = RecordedFamily<S> & PoolFigures<S, K>
export type SystemFamily<S, K extends keyof Result> = RecordedFamily<S> & SystemFigures<S, K>

export type ClassResult = Result['classes'][number]

/** What each run has of a pool, beside the run; null where any run has nothing of it. */
export function eachOfPool<S extends object>(
  summaries: readonly (readonly (S | null)[] | null)[],
  { runs }: DocumentedRuns,
  index: number,
): (S & { readonly run: RecorderSummary })[] | null {
  const each = summaries.flatMap((pools, i) => {
    const summary = pools?.[index] ?? null
    return summary === null ? [] : [{ ...summary, run: runs[i]! }]
  })
  return each.length < summaries.length ? null : each
}

export type Families = Readonly<Record<string, Family>>
