import type { Batch, Ms, Observer, Remedied, StepRun, TokenGapRun } from '../serving/index.ts'

/** Tells an observer, and then others that want to know of some things only. */
export class Audience implements Observer {
  readonly #first: Observer
  readonly #others: readonly Partial<Observer>[]

  constructor(first: Observer, others: readonly Partial<Observer>[]) {
    this.#first = first
    this.#others = others
  }

  arrived(now: Ms, request: number): void {
    this.#first.arrived(now, request)
    for (const other of this.#others) other.arrived?.(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#first.dispatched(now, batch)
    for (const other of this.#others) other.dispatched?.(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    this.#first.batch(now, batch)
    for (const other of this.#others) other.batch?.(now, batch)
  }

  lost(now: Ms, request: number): void {
    this.#first.lost(now, request)
    for (const other of this.#others) other.lost?.(now, request)
  }

  remedied(now: Ms, executor: number, remedy: Remedied): void {
    this.#first.remedied?.(now, executor, remedy)
    for (const other of this.#others) other.remedied?.(now, executor, remedy)
  }

  loaded(now: Ms, executor: number): void {
    this.#first.loaded?.(now, executor)
    for (const other of this.#others) other.loaded?.(now, executor)
  }

  evicted(now: Ms, executor: number): void {
    this.#first.evicted?.(now, executor)
    for (const other of this.#others) other.evicted?.(now, executor)
  }

  stepped(now: Ms, run: StepRun): void {
    this.#first.stepped?.(now, run)
    for (const other of this.#others) other.stepped?.(now, run)
  }

  gaps(now: Ms, gaps: TokenGapRun): void {
    this.#first.gaps?.(now, gaps)
    for (const other of this.#others) other.gaps?.(now, gaps)
  }
}
