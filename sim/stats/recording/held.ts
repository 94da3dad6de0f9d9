import type { Ms, Requests } from '../../serving/index.ts'
import { Histogram } from './histogram.ts'

/** The requests of one class whose clients have a limit of requests in flight. */
export class HeldRequests {
  /** requests that were sent after the warm-up, and those that had waited at their clients */
  sent = 0
  held = 0
  /** of those that had waited: from when they were scheduled to when they were sent, ms */
  readonly wait = new Histogram()
  longestMs: Ms = 0
  /** of served requests and parts: from when they were scheduled to their ends, ms */
  readonly fromSchedule = new Histogram()
}

/** Records what waits at clients while too many of their requests are in flight. */
export class HeldRecorder {
  /** null for a class without such a limit */
  readonly classes: readonly (HeldRequests | null)[]
  readonly #requests: Requests
  readonly #warmupMs: Ms

  constructor(capped: readonly boolean[], requests: Requests, warmupMs: Ms) {
    this.classes = capped.map((is) => (is ? new HeldRequests() : null))
    this.#requests = requests
    this.#warmupMs = warmupMs
  }

  /** When a request was scheduled: it may have waited at its client since. */
  scheduledAt(request: number): Ms {
    const { at, class: numbers, firstScheduledAt } = this.#requests
    const isHeld = this.classes[numbers[request]!] !== null
    return isHeld ? firstScheduledAt[request]! : at[request]!
  }

  arrived(request: number): void {
    const { at, class: numbers, part, firstScheduledAt } = this.#requests
    const own = this.classes[numbers[request]!]!
    if (own === null || part[request] !== 0 || at[request]! < this.#warmupMs) return
    own.sent++
    const wait = at[request]! - firstScheduledAt[request]!
    if (wait <= 0) return
    own.held++
    own.wait.record(wait)
    own.longestMs = Math.max(own.longestMs, wait)
  }

  /** A request that was sent after the warm-up was served. */
  served(now: Ms, request: number): void {
    const { class: numbers, firstScheduledAt } = this.#requests
    this.classes[numbers[request]!]?.fromSchedule.record(now - firstScheduledAt[request]!)
  }
}
