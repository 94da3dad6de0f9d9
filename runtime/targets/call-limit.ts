import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../scenarios/index.ts'

/** What may be sent to a server, by the user who allowed it. */
export interface LoadLimits {
  /** calls in any second */
  readonly perSecond: number
  readonly seconds: number
  /** the reading of `process.hrtime` after which nothing is sent; of all processes alike */
  readonly untilNs: bigint
}

const WINDOW_MS = 1000

/** Lets calls through, as many in any second as are allowed, and none after the end. */
export class CallLimit {
  readonly #limits: LoadLimits
  readonly #host: string
  /** when the last calls were let through, a ring of as many as a second may have, ms */
  readonly #times: Float64Array
  #next = 0

  /** `parts`: how many such limits share the calls of a second. Throws `Failure` if too many. */
  constructor(limits: LoadLimits, host: string, parts: number) {
    this.#limits = limits
    this.#host = host
    const most = Math.floor(limits.perSecond / parts)
    if (most < 1) {
      const text = `--max-rps ${limits.perSecond} is less than one a second for each of ${parts} threads`
      throw new Failure(`${host}: ${text}; raise it, or lower the replicas`)
    }
    this.#times = new Float64Array(most).fill(Number.NEGATIVE_INFINITY)
  }

  /** Waits until `count` calls may be sent at once. Throws `Failure` where they never may. */
  async pass(count: number): Promise<void> {
    const times = this.#times
    if (count > times.length) {
      const { perSecond } = this.#limits
      const text = `--max-rps ${perSecond} is less than the ${count} requests of a batch, sent at once`
      throw new Failure(`${this.#host}: ${text}; raise it, or lower max_batch`)
    }
    for (;;) {
      if (process.hrtime.bigint() >= this.#limits.untilNs) {
        const text = `--max-seconds ${this.#limits.seconds} has passed, so nothing more is sent`
        throw new Failure(
          `${this.#host}: ${text}; raise it, or lower --seconds, --replays or duration_s`,
        )
      }
      const last = times[(this.#next + count - 1) % times.length]!
      const left = last + WINDOW_MS - performance.now()
      if (left <= 0) break
      await sleep(left)
    }
    const now = performance.now()
    for (let i = 0; i < count; i++) {
      times[this.#next] = now
      this.#next = (this.#next + 1) % times.length
    }
  }
}
