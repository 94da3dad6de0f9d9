import { type Batch, type Ms, type Observer, OUTCOME, type Outcome, STATUS } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'

/** Ends requests: writes the outcome, reports it to the observer and releases the slot. */
export class RequestOutcomes {
  readonly #requests: Requests
  readonly #observer: Observer

  constructor(requests: Requests, observer: Observer) {
    this.#requests = requests
    this.#observer = observer
  }

  /** Ends the members of a batch. */
  ended(now: Ms, station: Station, batch: Batch): void {
    const { members, size, status } = batch
    const { outcome, leaves } = this.#requests
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      if (status !== STATUS.ok) outcome[request] = OUTCOME.failed
      else outcome[request] = now >= leaves[request]! ? OUTCOME.abandoned : OUTCOME.served
    }
    this.#observer.batch?.(now, batch)
    for (let i = 0; i < size; i++) this.#requests.release(members[i]!)
    station.running -= size
    station.admission.ended(now, batch)
  }

  /** Ends a request that was in no batch. */
  lose(now: Ms, request: number, outcome: Outcome): void {
    this.#requests.outcome[request] = outcome
    this.#observer.lost?.(now, request)
    this.#requests.release(request)
  }

  /** Ends the waiting requests of a station whose time is over. */
  expire(now: Ms, station: Station): void {
    const { queue, admission } = station
    for (;;) {
      const request = queue.takeTimedOut(now)
      if (request < 0) break
      admission.left()
      const cancelled = queue.isCancelled(now, request)
      this.lose(now, request, cancelled ? OUTCOME.cancelled : OUTCOME.timedOut)
    }
    while (now >= station.dropsOldestAt) {
      admission.left()
      this.lose(now, queue.shiftOldest(), OUTCOME.timedOut)
    }
  }
}
