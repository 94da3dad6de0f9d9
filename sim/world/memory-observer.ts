import {
  type Batch,
  type KvUse,
  type Ms,
  type Observer,
  OUTCOME,
  type Remedied,
  type Requests,
  type StepRun,
  type TokenGapRun,
} from '../serving/index.ts'
import type { WorldMemory } from './world-memory.ts'

/** Counts what was decided about memory, and who was served cold, on the way to an observer. */
export class MemoryObserver implements Observer {
  readonly #observer: Observer
  readonly #memory: WorldMemory
  readonly #requests: Requests
  /** executors whose next batch waited for a load, and those whose last one did */
  readonly #loaded = new Set<number>()
  readonly #cold = new Set<number>()

  constructor(observer: Observer, memory: WorldMemory, requests: Requests) {
    this.#observer = observer
    this.#memory = memory
    this.#requests = requests
  }

  arrived(now: Ms, request: number): void {
    this.#observer.arrived(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    if (this.#loaded.delete(batch.executor)) this.#cold.add(batch.executor)
    else this.#cold.delete(batch.executor)
    this.#observer.dispatched(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    const recorder = this.#memory.recorder(batch.executor)
    if (recorder !== undefined) {
      const served = this.#served(batch)
      recorder.cold.of += served
      if (this.#cold.has(batch.executor)) recorder.cold.part += served
    }
    this.#observer.batch(now, batch)
  }

  lost(now: Ms, request: number): void {
    this.#observer.lost(now, request)
  }

  remedied(now: Ms, executor: number, remedy: Remedied): void {
    const recorder = this.#memory.recorder(executor)
    if (recorder !== undefined) recorder.counts[remedy]++
    this.#observer.remedied?.(now, executor, remedy)
  }

  loaded(now: Ms, executor: number): void {
    this.#loaded.add(executor)
    this.#observer.loaded?.(now, executor)
  }

  evicted(now: Ms, executor: number): void {
    this.#observer.evicted?.(now, executor)
  }

  stepped(now: Ms, run: StepRun): void {
    this.#observer.stepped?.(now, run)
  }

  gaps(now: Ms, gaps: TokenGapRun): void {
    this.#observer.gaps?.(now, gaps)
  }

  kv(now: Ms, use: KvUse): void {
    this.#observer.kv?.(now, use)
  }

  #served({ members, size }: Batch): number {
    let served = 0
    for (let i = 0; i < size; i++) {
      if (this.#requests.outcome[members[i]!] === OUTCOME.served) served++
    }
    return served
  }
}
