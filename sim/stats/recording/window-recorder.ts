import type { Ms, Requests } from '../../serving/index.ts'
import { PERCENTILES } from '../intervals/percentile.ts'
import { tokenTimes } from './token-times.ts'
import { WindowLoad } from './window-load.ts'
import { type WindowFigure, type Windows, WorstWindow } from './worst-window.ts'

/** An objective for the worst window: what it measures, and which percentile. */
export interface WindowObjective {
  readonly kind: 'latency' | 'ttft' | 'tpot'
  readonly windows: Windows
  readonly percentile: number
}

export interface WindowOptions {
  /** of which the worst is reported; null where the run is too short for several */
  readonly reported: Windows | null
  /** of each class */
  readonly objectives: readonly (readonly WindowObjective[])[]
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
    /** mean number of waiting requests */
    readonly queue: number
  } | null
  /** by class: one for each of its objectives for windows; lost requests are infinite */
  readonly objectives: readonly (readonly WindowFigure[])[]
}

/** Records the windows of a run, each figure in the window that is worst for it. */
export class WindowRecorder {
  readonly #options: WindowOptions
  readonly #requests: Requests
  readonly #load: WindowLoad | null
  /** by class */
  readonly #reported: readonly WorstWindow[]
  readonly #judged: readonly (readonly WorstWindow[])[]

  constructor(options: WindowOptions, requests: Requests, pools: number) {
    const { reported, objectives } = options
    this.#options = options
    this.#requests = requests
    this.#load = reported && new WindowLoad(reported, pools)
    this.#reported =
      reported === null ? [] : objectives.map(() => new WorstWindow(reported, PERCENTILES))
    this.#judged = objectives.map((of) =>
      of.map(({ windows, percentile }) => new WorstWindow(windows, [percentile])),
    )
  }

  queued(now: Ms, change: number): void {
    this.#load?.queued(now, change)
  }

  worked(pool: number, started: Ms, ended: Ms): void {
    this.#load?.worked(pool, started, ended)
  }

  lost(now: Ms, number: number): void {
    for (const judged of this.#judged[number]!) judged.lost(now)
  }

  /** A request of this class was served now. */
  served(now: Ms, request: number, number: number): void {
    const latency = now - this.#requests.at[request]!
    this.#reported[number]?.record(now, latency)
    const judged = this.#judged[number]!
    for (const [i, { kind }] of this.#options.objectives[number]!.entries()) {
      const ms = kind === 'latency' ? latency : tokenTimes(this.#requests, now, request)[kind]
      if (ms !== null) judged[i]!.record(now, ms)
    }
  }

  /** Once the run has ended. */
  summary(replicas: readonly number[]): WorstSummary {
    const { reported } = this.#options
    const load = this.#load
    return {
      reported: reported && {
        lengthMs: reported.lengthMs,
        classes: this.#reported.map(({ figures }) => figures),
        utilisation: load!.utilisation(replicas),
        queue: load!.queue,
      },
      objectives: this.#judged.map((of) => of.map(({ figures }) => figures[0]!)),
    }
  }
}
