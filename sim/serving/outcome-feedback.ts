import type { Batch, Ms, Observer, Outcome, Source } from './ports.ts'
import type { Requests } from './requests.ts'

/** Reports to a source how its requests ended. */
export class OutcomeFeedback implements Observer {
  readonly #source: Source
  readonly #requests: Requests

  constructor(source: Source, requests: Requests) {
    this.#source = source
    this.#requests = requests
  }

  batch(now: Ms, batch: Batch): void {
    for (let i = 0; i < batch.size; i++) this.lost(now, batch.members[i]!)
  }

  lost(now: Ms, request: number): void {
    const { key, class: classes, outcome } = this.#requests
    this.#source.settled(classes[request]!, key[request]!, outcome[request]! as Outcome, now)
  }
}
