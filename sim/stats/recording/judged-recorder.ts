import { type Batch, type Ms, type Observer, OUTCOME } from '../../serving/index.ts'
import { Cell } from './cell.ts'
import { isSpare } from './copies.ts'
import {
  type RecorderOptions,
  type RecorderSettings,
  recorderSettings,
} from './recorder-settings.ts'
import { type JudgedSummary, judgedCell, judgedTails } from './recorder-summary.ts'
import { TimeGrid } from './time-grid.ts'
import { tokenTimes } from './token-times.ts'
import { WindowRecorder, windowOptions } from './window-recorder.ts'

/**
 * Records what objectives are judged on, and nothing else: for runs of which no other figure is
 * read. It has the same digits as `Recorder`, and runs are 1.3 to 1.5 times as fast.
 */
export class JudgedRecorder implements Observer {
  readonly #options: RecorderOptions
  readonly #settings: RecorderSettings
  /** by class: of a cell only what is judged is filled */
  readonly #cells: readonly Cell[]
  readonly #windows: WindowRecorder
  /** whether any objective is for windows */
  readonly #hasWindows: boolean
  /** by request: when its batch was done, and on which executor; only with networks */
  readonly #answers: ([done: Ms, executor: number] | undefined)[] = []
  /** when the last request ended */
  lastMs: Ms = 0

  constructor(options: RecorderOptions) {
    const { scenario, requests } = options
    const settings = recorderSettings(options)
    const { durationMs, poolOf, firstTokenDelaysMs } = settings
    this.#options = options
    this.#settings = settings
    this.#cells = scenario.traffic.map(() => new Cell())
    const { objectives } = windowOptions(scenario)
    const grid = new TimeGrid(poolOf.length, durationMs)
    const windows = { reported: null, objectives, requests, firstTokenDelaysMs, grid }
    this.#windows = new WindowRecorder(windows, 0)
    this.#hasWindows = this.#windows.hasObjectives
  }

  lost(now: Ms, request: number): void {
    this.lastMs = now
    this.#lost(now, request)
  }

  batch(now: Ms, { executor, size, members }: Batch): void {
    const { overNetwork } = this.#settings.requests
    this.lastMs = now
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (overNetwork) this.#answers[request] = [now, executor]
      else this.#ended(now, request, now, executor)
    }
  }

  answered(now: Ms, request: number): void {
    const answer = this.#answers[request]
    this.#answers[request] = undefined
    if (answer !== undefined) this.#ended(now, request, ...answer)
  }

  /** A request of a batch that was done at `done` has ended now, when its client has the answer. */
  #ended(now: Ms, request: number, done: Ms, executor: number): void {
    const settings = this.#settings
    const { requests, warmupMs, durationMs } = settings
    if (requests.outcome[request] !== OUTCOME.served) {
      this.#lost(now, request)
      return
    }
    const number = requests.class[request]!
    const cell = this.#cells[number]!
    if (now >= warmupMs && now <= durationMs) cell.servedInTraffic++
    const at = requests.at[request]!
    if (at < warmupMs) return
    cell.outcomes[OUTCOME.served]!++
    const limits = settings.limits[number]!
    const ms = now - at
    cell.latency.record(ms)
    let isGood = ms < limits.latencyMs
    if (settings.hasTokens[settings.poolOf[executor]!]!) {
      const ttft = tokenTimes.ttft(settings, request, done, now)
      const tpot = tokenTimes.tpot(settings, request, done)
      cell.ttft.record(ttft)
      if (!Number.isNaN(tpot)) cell.tpot.record(tpot)
      // a single token has no time of a next one
      isGood &&= ttft < limits.ttftMs && !(tpot >= limits.tpotMs)
    }
    if (isGood) cell.good++
    if (this.#hasWindows) this.#windows.served(now, request, number, done)
  }

  #lost(now: Ms, request: number): void {
    const { requests, warmupMs } = this.#settings
    if (requests.at[request]! < warmupMs) return
    const number = requests.class[request]!
    const outcome = requests.outcome[request]!
    this.#cells[number]!.outcomes[outcome]!++
    if (!isSpare(outcome)) this.#windows.lost(now, number)
  }

  /** Once the run has ended. */
  summary(): JudgedSummary {
    const { scenario } = this.#options
    const { durationMs, warmupMs } = this.#settings
    const judged = judgedTails(scenario)
    return {
      observedMs: Math.max(durationMs, this.lastMs) - warmupMs,
      classes: this.#cells.map((cell) => judgedCell(cell, judged)),
      worst: { objectives: this.#windows.summary([]).objectives },
    }
  }
}
