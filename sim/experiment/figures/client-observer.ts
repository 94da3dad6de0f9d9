import type { Batch, Ms, Observer, Requests } from '../../serving/index.ts'

/** Observes requests as their clients see them, over a network or without one. */
export abstract class ClientObserver implements Observer {
  protected readonly requests: Requests

  constructor(requests: Requests) {
    this.requests = requests
  }

  abstract arrived(now: Ms, request: number): void

  /** Its client has the answer, or the refusal. */
  abstract answered(now: Ms, request: number): void

  batch(now: Ms, { members, size }: Batch): void {
    if (this.requests.overNetwork) return
    for (let i = 0; i < size; i++) this.answered(now, members[i]!)
  }

  lost(now: Ms, request: number): void {
    if (!this.requests.overNetwork) this.answered(now, request)
  }
}
