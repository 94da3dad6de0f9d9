import { isTimed, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Ms, Requests } from '../../serving/index.ts'
import { PERCENTILES } from '../intervals/percentile.ts'
import type { EndedRequests, PickedRows, QueueChanges } from './columns.ts'
import type { Span } from './executor-spans.ts'
import type { TimeGrid } from './time-grid.ts'
import { tokenTimes } from './token-times.ts'
import { WindowLoad } from './window-load.ts'
import { type WindowFigure, type Windows, WorstWindow, windowsOf, worseOf } from './worst-window.ts'

/** An objective for the worst window: what it measures, and which percentile. */
export interface WindowObjective {
  readonly kind: 'latency' | 'ttft' | 'tpot'
  readonly windows: readonly Windows[]
  readonly percentile: number
}

interface WindowOptions {
  /** of which the worst is reported; null where the run is too short for several */
  readonly reported: readonly Windows[] | null
  /** of each class */
  readonly objectives: readonly (readonly WindowObjective[])[]
}

/** Lengths of windows, ms: the worst of the longest that fits several times is reported. */
const REPORTED_MS = [60_000, 10_000, 1000, 100]
const FEWEST_WINDOWS = 3

/** The windows of a scenario: those that are reported, and those of its objectives. */
export function windowOptions({ traffic, slo, warmup_s, duration_s }: Scenario): WindowOptions {
  const windowsOfLength = (lengthMs: Ms) => windowsOf(lengthMs, 1000 * warmup_s, 1000 * duration_s)
  const objectives = traffic.map(({ class: name }) =>
    windowObjectives(slo[name] ?? []).map(({ kind, percentile, window_s }) => ({
      kind,
      percentile,
      windows: windowsOfLength(1000 * window_s),
    })),
  )
  const reported =
    REPORTED_MS.map(windowsOfLength).find(([first]) => first!.count >= FEWEST_WINDOWS) ?? null
  return { reported, objectives }
}

/** The objectives of a class for windows, in the order in which a run has their figures. */
export function windowObjectives(texts: readonly string[]) {
  return [...new Set(texts)].flatMap((text) => {
    const objective = parseObjective(text)!
    if (!isTimed(objective) || objective.kind === 'call') return []
    const { kind, percentile, window_s } = objective
    return window_s === null ? [] : [{ text, kind, percentile, window_s }]
  })
}

/** The worst windows of a run. */
export interface WorstSummary {
  /** null where the run is too short for several windows */
  readonly reported: {
    readonly lengthMs: Ms
    /** by class: PERCENTILES of the latency of served requests */
    readonly classes: readonly (readonly WindowFigure[])[]
    /** by pool */
    readonly utilisation: readonly number[]
    /** the same of what the work of engines needs at their capacity; 0 without engines */
    readonly capacityUtilisation: readonly number[]
    /** mean number of waiting requests */
    readonly queue: number
  } | null
  /** by class: one for each of its objectives for windows; lost requests are infinite */
  readonly objectives: readonly (readonly WindowFigure[])[]
}

interface Options extends WindowOptions {
  readonly requests: Requests
  /** of each class, from when a first token is generated to when it leaves */
  readonly firstTokenDelaysMs: readonly Ms[]
}

/** Records the windows of a run, each figure in the window that is worst for it. */
export class WindowRecorder {
  readonly #options: Options
  readonly #load: readonly WindowLoad[]
  /** by class, for all series of windows */
  readonly #reported: readonly (readonly WorstWindow[])[]
  readonly #judged: readonly (readonly (readonly WorstWindow[])[])[]

  constructor(options: Options & { readonly grid: TimeGrid }, pools: number) {
    const { reported, objectives, grid } = options
    this.#options = options
    const series = reported ?? []
    this.#load = series.map((windows) => new WindowLoad(windows, pools, grid))
    this.#reported = objectives.map(() =>
      series.map((windows) => new WorstWindow(windows, PERCENTILES)),
    )
    this.#judged = objectives.map((classObjectives) =>
      classObjectives.map(({ windows: grids, percentile }) =>
        grids.map((windows) => new WorstWindow(windows, [percentile])),
      ),
    )
  }

  /** Whether any objective is for windows. */
  get hasObjectives(): boolean {
    return this.#judged.some((classSeries) => classSeries.length > 0)
  }

  queued(changes: QueueChanges): void {
    for (const load of this.#load) load.queued(changes)
  }

  worked(pool: number, started: Ms, ended: Ms): void {
    for (const load of this.#load) load.worked(pool, started, ended)
  }

  /** Engines did work that needs so long at their capacity. */
  needed(pool: number, started: Ms, ended: Ms, neededMs: Ms): void {
    if (neededMs > 0) for (const load of this.#load) load.needed(pool, started, ended, neededMs)
  }

  lost(now: Ms, number: number): void {
    for (const series of this.#judged[number]!) for (const judged of series) judged.lost(now)
  }

  /** Requests of a class that were served, in order of time. */
  servedRows(number: number, rows: EndedRequests, picked: PickedRows): void {
    for (const reported of this.#reported[number]!) reported.add(rows, picked)
  }

  /**
   * The client of a request has its answer now; its batch was done at `done`. For objectives, whose
   * windows have lost requests as well.
   */
  served(now: Ms, request: number, number: number, done: Ms): void {
    const judged = this.#judged[number]!
    if (judged.length === 0) return
    const options = this.#options
    for (const [i, { kind }] of options.objectives[number]!.entries()) {
      const ms =
        kind === 'latency'
          ? now - options.requests.at[request]!
          : tokenTimes[kind](options, request, done, now)
      if (!Number.isNaN(ms)) for (const windows of judged[i]!) windows.record(now, ms)
    }
  }

  /** Once the run has ended; `paid`: when replicas of each pool were paid for. */
  summary(paid: readonly (readonly Span[])[]): WorstSummary {
    const lengthMs = this.#options.reported?.[0]?.lengthMs ?? null
    const utilisations = this.#load.map((load) => load.utilisation(paid))
    const ofCapacity = this.#load.map((load) => load.capacityUtilisation(paid))
    return {
      reported:
        lengthMs === null
          ? null
          : {
              lengthMs,
              classes: this.#reported.map(worstOf),
              utilisation: paid.map((_, i) =>
                Math.max(...utilisations.map((byPool) => byPool[i]!)),
              ),
              capacityUtilisation: paid.map((_, i) =>
                Math.max(...ofCapacity.map((byPool) => byPool[i]!)),
              ),
              queue: Math.max(...this.#load.map(({ queue }) => queue)),
            },
      objectives: this.#judged.map((classSeries) =>
        classSeries.map((series) => worstOf(series)[0]!),
      ),
    }
  }
}

/** Of each percentile the worst window of all series. */
function worstOf(series: readonly WorstWindow[]): WindowFigure[] {
  const [first, ...others] = series.map(({ figures }) => figures)
  return first!.map((figure, i) =>
    others.reduce((worst, figures) => worseOf(worst, figures[i]!), figure),
  )
}
