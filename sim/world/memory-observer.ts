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
  /** when the model of an executor came last */
  readonly #loadedAt = new Map<number, Ms>()

  constructor(observer: Observer, memory: WorldMemory, requests: Requests) {
    this.#observer = observer
    this.#memory = memory
    this.#requests = requests
  }

  arrived(now: Ms, request: number): void {
    this.#observer.arrived(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#observer.dispatched(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    const recorder = this.#memory.recorder(batch.executor)
    if (recorder !== undefined) this.#count(batch, recorder.cold)
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
    this.#loadedAt.set(executor, now)
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

  /** Who came before the model that served it waited for a load. */
  #count({ executor, members, size }: Batch, cold: { part: number; of: number }): void {
    const { outcome, enqueued } = this.#requests
    const loadedAt = this.#loadedAt.get(executor) ?? Number.NEGATIVE_INFINITY
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (outcome[request] !== OUTCOME.served) continue
      cold.of++
      if (enqueued[request]! < loadedAt) cold.part++
    }
  }
}
