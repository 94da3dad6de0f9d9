import type {
  Batch,
  KvUse,
  Ms,
  Observer,
  Outcome,
  Remedied,
  Source,
  StepRun,
  TokenGapRun,
} from './ports.ts'
import type { Requests } from './requests.ts'

/** Tells a source how its requests ended, after the observer was told. */
export class Settling implements Observer {
  readonly #observer: Observer
  readonly #source: Source
  readonly #requests: Requests

  constructor(observer: Observer, source: Source, requests: Requests) {
    this.#observer = observer
    this.#source = source
    this.#requests = requests
  }

  arrived(now: Ms, request: number): void {
    this.#observer.arrived(now, request)
  }

  dispatched(now: Ms, batch: Batch): void {
    this.#observer.dispatched(now, batch)
  }

  batch(now: Ms, batch: Batch): void {
    this.#observer.batch(now, batch)
    for (let i = 0; i < batch.size; i++) this.#settle(now, batch.members[i]!)
  }

  lost(now: Ms, request: number): void {
    this.#observer.lost(now, request)
    this.#settle(now, request)
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

  #settle(now: Ms, request: number): void {
    const { key, class: classes, outcome } = this.#requests
    this.#source.settled(classes[request]!, key[request]!, outcome[request]! as Outcome, now)
  }
}
