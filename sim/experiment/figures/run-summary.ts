import type { Result } from '../../documents/index.ts'
import { type Ms, type Observer, topologyOf } from '../../serving/index.ts'
import {
  JudgedRecorder,
  type JudgedSummary,
  judgedTails,
  Recorder,
  type RecorderSummary,
  summariseRecorder,
} from '../../stats/index.ts'
import { FAMILIES, JUDGED } from './families.ts'
import type { DocumentedRuns, Families, Recorded, StartedRun } from './family.ts'

/** The summary of each family that records its own. */
type Summaries<T extends Families> = {
  readonly [K in keyof T as T[K] extends { start: unknown } ? K : never]: T[K] extends {
    start: (run: never) => Recorded<infer S>
  }
    ? S
    : never
}

/** One replication or replay, small enough to pass between processes. */
export type RunSummary = SummaryWith<typeof FAMILIES>

export type SummaryWith<T extends Families, S = RecorderSummary> = S &
  Summaries<T> & {
    /** hash of the requests */
    readonly requests: string
    /** whether nothing random was drawn, so that every other replication is the same */
    readonly exact: boolean
  }

/** What objectives and the price of a run are judged on: a part of `RunSummary`. */
export type JudgedRunSummary = SummaryWith<typeof JUDGED, JudgedSummary>

/** Starts to record a run. */
export type RecordsRun<S> = (run: StartedRun) => {
  readonly observers: readonly Observer[]
  /** once the run has ended; gets the hash of its requests, and whether nothing was drawn */
  readonly summary: (requests: string, exact?: boolean) => S
}

/** Records all figures of a run. */
export const recordRun: RecordsRun<RunSummary> = (run) => recordWith(FAMILIES, run)

/** Records what objectives and the price of a run are judged on, in less time. */
export const recordJudged: RecordsRun<JudgedRunSummary> = (run) => {
  const recorder = new JudgedRecorder(run)
  return recordFamilies(JUDGED, run, { recorder, summarise: () => recorder.summary() })
}

/** All figures of requests, with those of such families. */
export function recordWith<T extends Families>(families: T, run: StartedRun) {
  const recorder = new Recorder(run)
  const summarise = () => summariseRecorder(recorder, judgedTails(run.scenario))
  return recordFamilies(families, run, { recorder, summarise })
}

function recordFamilies<T extends Families, S>(
  families: T,
  run: StartedRun,
  { recorder, summarise }: { recorder: Observer & { lastMs: Ms }; summarise: () => S },
) {
  const { scenario, plan } = run
  const { poolOf } = topologyOf(plan)
  const [warmupMs, durationMs] = [1000 * scenario.warmup_s, 1000 * scenario.duration_s]
  const started = Object.entries(families).flatMap(([name, family]) => {
    const recorded = family.start?.({ ...run, poolOf, warmupMs, durationMs })
    return recorded === undefined ? [] : [{ name, ...recorded }]
  })
  return {
    observers: [recorder, ...started.flatMap(({ observers }) => observers)],
    /** once the run has ended */
    summary: (requests: string, exact = false) => {
      const endMs = Math.max(durationMs, recorder.lastMs)
      const each = started.map(({ name, summary }) => ({ [name]: summary(endMs) }))
      const figures: Summaries<T> = Object.assign({}, ...each)
      return { requests, exact, ...summarise(), ...figures }
    },
  }
}

type Part = 'ofClass' | 'ofPool' | 'ofSystem'

type Intersection<U> = (U extends unknown ? (all: U) => void : never) extends (all: infer I) => void
  ? I
  : never

/** All that families have of a class, a pool or a system. */
type Parts<T extends Families, P extends Part> = Intersection<
  T[keyof T] extends infer F
    ? F extends { readonly [K in P]: (...of: never[]) => infer R }
      ? R
      : never
    : never
>

/** What families have in a result, in the order of their table. */
export function documented<T extends Families>(
  families: T,
  of: DocumentedRuns & { readonly runs: readonly SummaryWith<T>[] },
) {
  const each = Object.entries(families).map(([name, family]) => ({
    family,
    summaries: of.runs.map((run) => Reflect.get(run, name)),
  }))
  const all = (part: Part, index: number) =>
    Object.assign({}, ...each.map(({ family, summaries }) => family[part]?.(summaries, of, index)))
  return {
    ofClass: (index: number): Parts<T, 'ofClass'> => all('ofClass', index),
    ofPool: (index: number): Parts<T, 'ofPool'> => all('ofPool', index),
    ofSystem: (): Parts<T, 'ofSystem'> => all('ofSystem', 0),
    warnings: (result: Pick<Result, 'classes' | 'pools'>): string[] =>
      each.flatMap(({ family }) => family.warnings?.(of.scenario, result) ?? []),
  }
}
