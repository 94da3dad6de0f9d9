import type { Random } from '../kernel/index.ts'
import type { Ms } from '../serving/index.ts'
import type { Rate } from './rate.ts'

/** Scheduled times of one class, rising; Infinity once there are no more. */
export interface ArrivalProcess {
  next(): Ms
}

/** Spacing of arrivals in operational time, where the mean rate is 1. */
export type Spacing =
  | { readonly process: 'deterministic' }
  | { readonly process: 'poisson' }
  | { readonly process: 'gamma'; readonly cv: number }

/**
 * A renewal process under a changing rate, by the change of time t = Lambda^-1(sum of gaps): with
 * exponential gaps a Poisson process of that very rate, else its counterpart with other gaps
 * (Gerhardt and Nelson 2009, inversion method).
 */
export class RenewalArrivals implements ArrivalProcess {
  readonly #spacing: Spacing
  readonly #rate: Rate
  readonly #random: Random
  readonly #endMs: Ms
  #sum = 0

  constructor(spacing: Spacing, rate: Rate, random: Random, endMs: Ms) {
    this.#spacing = spacing
    this.#rate = rate
    this.#random = random
    this.#endMs = endMs
  }

  next(): Ms {
    this.#sum += this.#gap()
    const at = this.#rate.inverse(this.#sum)
    return at < this.#endMs ? at : Number.POSITIVE_INFINITY
  }

  #gap(): number {
    const spacing = this.#spacing
    if (spacing.process === 'poisson') return this.#random.exponential()
    if (spacing.process === 'deterministic') return 1
    const shape = 1 / (spacing.cv * spacing.cv)
    return this.#random.gamma(shape) / shape
  }
}

/** Times that were recorded, stretched by `scale`. */
export class TraceArrivals implements ArrivalProcess {
  readonly #times: Float64Array
  readonly #scale: number
  readonly #endMs: Ms
  #next = 0

  constructor(times: Float64Array, scale: number, endMs: Ms) {
    this.#times = times
    this.#scale = scale
    this.#endMs = endMs
  }

  next(): Ms {
    if (this.#next >= this.#times.length) return Number.POSITIVE_INFINITY
    const at = this.#times[this.#next++]! * this.#scale
    return at < this.#endMs ? at : Number.POSITIVE_INFINITY
  }
}
