import type { Batch, Ms, Observer, Outcome, Source } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { Relay } from './relay.ts'

/** Tells a source how its requests ended, after the observer was told. */
export class OutcomeFeedback extends Relay {
  readonly #source: Source
  readonly #requests: Requests

  constructor(observer: Observer, source: Source, requests: Requests) {
    super(observer)
    this.#source = source
    this.#requests = requests
  }

  override batch(now: Ms, batch: Batch): void {
    super.batch(now, batch)
    for (let i = 0; i < batch.size; i++) this.#settle(now, batch.members[i]!)
  }

  override lost(now: Ms, request: number): void {
    super.lost(now, request)
    this.#settle(now, request)
  }

  #settle(now: Ms, request: number): void {
    const { key, class: classes, outcome } = this.#requests
    this.#source.settled(classes[request]!, key[request]!, outcome[request]! as Outcome, now)
  }
}
