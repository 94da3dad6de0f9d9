import { drawDuration, hashedNormal, hashedUniform, log } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'
import type { ChannelPlan } from './channel-plan.ts'

/** RFC 6298, rule 2.5: a maximum of the timeout must be at least 60 s. */
const LONGEST_TIMEOUT_MS = 60_000
/** Draws of one message: its latency takes two of them, and each sending one. */
const SENDINGS = 2

/** A message occupies the channel first, and then travels for a latency. */
export class Channel {
  readonly #plan: ChannelPlan
  #freeFrom: Ms = Number.NEGATIVE_INFINITY

  constructor(plan: ChannelPlan) {
    this.#plan = plan
  }

  isCutAt(now: Ms): boolean {
    return this.#plan.outages.some(({ from, to }) => from <= now && now < to)
  }

  /** Time for which a message occupies the channel if it is alone. */
  occupancyMs(size: number): Ms {
    return this.#plan.perMessageMs + size * this.#plan.msPerUnit
  }

  /** When a message has left that waits for those before it. */
  leavesAt(now: Ms, size: number): Ms {
    const { perMessageMs, msPerUnit } = this.#plan
    if (perMessageMs + size * msPerUnit === 0) return now
    this.#freeFrom = Math.max(now, this.#freeFrom) + perMessageMs + size * msPerUnit
    return this.#freeFrom
  }

  /**
   * When a message arrives that leaves at `at`. One that is lost, or sent during an outage, is sent
   * again after a timeout that doubles each time (RFC 6298, rule 5.5). It does not occupy the
   * channel again. Draws depend on the key and the purpose only.
   */
  arrivesAt(leaves: Ms, key: number, purpose: number): Ms {
    const { loss, retransmitMs, latency, outages } = this.#plan
    let at = leaves
    if (loss > 0 || outages.length > 0) {
      let timeout = retransmitMs
      for (let sending = 0; this.#loses(at, key, purpose + SENDINGS + sending); sending++) {
        at += timeout
        timeout = Math.min(2 * timeout, LONGEST_TIMEOUT_MS)
      }
    }
    if (latency.distribution === 'fixed') return at + latency.value
    const draws = {
      uniform: () => hashedUniform(key, purpose),
      exponential: () => -log(hashedUniform(key, purpose)),
      normal: () => hashedNormal(key, purpose),
    }
    return at + drawDuration(latency, draws)
  }

  #loses(at: Ms, key: number, purpose: number): boolean {
    const { loss } = this.#plan
    return (loss > 0 && hashedUniform(key, purpose) < loss) || this.isCutAt(at)
  }
}
