import type { Attempts } from '../attempts/attempts.ts'
import type { Network } from '../network/network.ts'
import { type Batch, type Ms, type Observer, OUTCOME, type Outcome, STATUS } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { RouterViews } from '../routing/router-views.ts'
import type { RoutingFeedback } from '../routing/routing-feedback.ts'
import type { Station } from '../routing/station.ts'

/** What has a part in how requests end, or learns of it. */
interface EndingParts {
  readonly requests: Requests
  readonly observer: Observer
  /** null where no router learns from how requests end */
  readonly feedback: RoutingFeedback | null
  /** null where each request has one attempt */
  readonly attempts: Attempts | null
  /** carries answers to clients; null where they are there at once */
  readonly network: Pick<Network, 'answer' | 'refuse'> | null
  /** learn when the last request has ended */
  readonly views: readonly Pick<RouterViews, 'emptied'>[]
}

/** Ends requests: writes the outcome, reports it to the observer and releases the slot. */
export class RequestOutcomes {
  readonly #requests: Requests
  readonly #observer: Observer
  readonly #feedback: RoutingFeedback | null
  readonly #attempts: Attempts | null
  readonly #network: Pick<Network, 'answer' | 'refuse'> | null
  readonly #views: readonly Pick<RouterViews, 'emptied'>[]

  constructor({ requests, observer, feedback, attempts, network, views }: EndingParts) {
    this.#requests = requests
    this.#observer = observer
    this.#feedback = feedback
    this.#attempts = attempts
    this.#network = network
    this.#views = views
  }

  /** Ends the members of a batch. */
  ended(now: Ms, station: Station, batch: Batch): void {
    const { members, size, status } = batch
    const { outcome } = this.#requests
    const attempts = this.#attempts
    const network = this.#network
    for (let i = 0; i < size; i++) {
      const request = members[i]!
      outcome[request] = status === STATUS.ok ? this.#completed(now, request) : OUTCOME.failed
      if (attempts !== null && network === null) {
        outcome[request] = attempts.ran(now, request, outcome[request]! as Outcome)
      }
    }
    this.#observer.batch?.(now, batch)
    if (this.#feedback !== null) this.#report(now, this.#feedback, batch)
    if (network === null) {
      for (let i = 0; i < size; i++) this.#requests.release(members[i]!)
      if (this.#requests.inUse === 0) for (const views of this.#views) views.emptied()
    } else for (let i = 0; i < size; i++) network.answer(now, members[i]!)
    station.running -= size
    station.admission.ended(now, batch)
  }

  /** How a request ends that has its answer now. */
  #completed(now: Ms, request: number): Outcome {
    return now >= this.#requests.leaves[request]! ? OUTCOME.abandoned : OUTCOME.served
  }

  /** The network has carried an answer, or a refusal, to the client of a request. */
  answered(now: Ms, request: number): void {
    const { outcome } = this.#requests
    const ran = outcome[request] === OUTCOME.served || outcome[request] === OUTCOME.abandoned
    if (ran) outcome[request] = this.#completed(now, request)
    if (this.#attempts !== null && (ran || outcome[request] === OUTCOME.failed)) {
      outcome[request] = this.#attempts.ran(now, request, outcome[request]! as Outcome)
    }
    this.#observer.answered?.(now, request)
    this.#feedback?.answered(now, request)
    this.#release(request)
  }

  /** Ends a request that was in no batch. */
  lose(now: Ms, request: number, ending: Outcome): void {
    const attempts = this.#attempts
    const outcome = attempts === null ? ending : attempts.dropped(now, request, ending)
    this.#requests.outcome[request] = outcome
    this.#observer.lost?.(now, request)
    this.#feedback?.ended(now, request, 0, 0)
    attempts?.left(now, request)
    if (this.#network === null) this.#release(request)
    else this.#network.refuse(now, request)
  }

  #release(request: number): void {
    this.#requests.release(request)
    if (this.#requests.inUse === 0) for (const views of this.#views) views.emptied()
  }

  #report(now: Ms, feedback: RoutingFeedback, batch: Batch): void {
    const { members, size, status, started, ended } = batch
    const served = status === STATUS.ok ? size : 0
    for (let i = 0; i < size; i++) feedback.ended(now, members[i]!, ended - started, served)
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
