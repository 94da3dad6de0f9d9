import type { Batch, KvUse, Ms, Observer, Remedied, StepRun, TokenGapRun } from '../ports.ts'

/** Passes on all that it is told: what also wants to know something of it extends it. */
export class Relay implements Observer {
  readonly #observer: Observer

  constructor(observer: Observer) {
    this.#observer = observer
  }

  arrived(now: Ms, request: number): void {
    this.#observer.arrived(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#observer.dispatched(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    this.#observer.batch(now, batch)
  }

  lost(now: Ms, request: number): void {
    this.#observer.lost(now, request)
  }

  remedied(now: Ms, executor: number, remedy: Remedied): void {
    this.#observer.remedied?.(now, executor, remedy)
  }

  loaded(now: Ms, executor: number): void {
    this.#observer.loaded?.(now, executor)
  }

  evicted(now: Ms, executor: number): void {
    this.#observer.evicted?.(now, executor)
  }

  stepped(now: Ms, run: StepRun): void {
    this.#observer.stepped?.(now, run)
  }

  kv(now: Ms, use: KvUse): void {
    this.#observer.kv?.(now, use)
  }

  gaps(now: Ms, gaps: TokenGapRun): void {
    this.#observer.gaps?.(now, gaps)
  }
}
