import type { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'
import type { OperationalTime } from './arrivals.ts'
import type { Rate } from './rate.ts'

/** A state of a modulating Markov chain. */
export interface ModulatingState {
  /** the rate is proportional to it */
  readonly factor: number
  /** mean of its exponential duration, ms */
  readonly meanMs: Ms
  /** weights of the following states; 0 for the state itself */
  readonly next: readonly number[]
}

/** Long-run share of time of each state of an irreducible chain, by Gaussian elimination. */
export function stateShares(states: readonly ModulatingState[]): number[] {
  const n = states.length
  // rows: the balance of each state except the last, and the sum
  const rows = Array.from({ length: n }, (_, i) => {
    const row = states.map(({ next }, j) => {
      if (i === n - 1) return 1
      const total = next.reduce((sum, weight) => sum + weight, 0)
      return next[i]! / total - (i === j ? 1 : 0)
    })
    return [...row, i === n - 1 ? 1 : 0]
  })
  for (let i = 0; i < n; i++) {
    const pivot = rows.slice(i).reduce((best, row) => {
      return Math.abs(row[i]!) > Math.abs(best[i]!) ? row : best
    })
    rows[rows.indexOf(pivot)] = rows[i]!
    rows[i] = pivot
    for (let k = 0; k < n; k++) {
      if (k === i) continue
      const factor = rows[k]![i]! / pivot[i]!
      for (let j = i; j <= n; j++) rows[k]![j] = rows[k]![j]! - factor * pivot[j]!
    }
  }
  const visits = rows.map((row, i) => row[n]! / row[i]!)
  const total = visits.reduce((sum, share, i) => sum + share * states[i]!.meanMs, 0)
  return visits.map((share, i) => (share * states[i]!.meanMs) / total)
}

/**
 * A rate times the factor of a Markov chain's state, scaled so that its long-run mean is the rate.
 * With exponential gaps it is a Markov-modulated Poisson process (Fischer and Meier-Hellstern
 * 1993). The chain starts in its stationary distribution.
 */
export class ModulatedTime implements OperationalTime {
  readonly #rate: Rate
  readonly #states: readonly ModulatingState[]
  readonly #factors: readonly number[]
  readonly #random: Random
  readonly #endMs: Ms
  #state: number
  /** end of the current state, ms */
  #until: Ms
  /** expected arrivals at the start of the state, without and with modulation */
  #base = 0
  #sum = 0

  constructor(rate: Rate, states: readonly ModulatingState[], random: Random, endMs: Ms) {
    const shares = stateShares(states)
    const mean = shares.reduce((sum, share, i) => sum + share * states[i]!.factor, 0)
    this.#rate = rate
    this.#states = states
    this.#factors = states.map(({ factor }) => factor / mean)
    this.#random = random
    this.#endMs = endMs
    this.#state = pick(shares, random)
    this.#until = states[this.#state]!.meanMs * random.exponential()
  }

  inverse(sum: number): Ms {
    for (;;) {
      const factor = this.#factors[this.#state]!
      const base = this.#rate.cumulative(this.#until)
      const capacity = factor * (base - this.#base)
      const left = sum - this.#sum
      if (factor > 0 && left <= capacity) return this.#rate.inverse(this.#base + left / factor)
      if (this.#until >= this.#endMs) return Number.POSITIVE_INFINITY
      this.#base = base
      this.#sum += capacity
      this.#state = pick(this.#states[this.#state]!.next, this.#random)
      this.#until += this.#states[this.#state]!.meanMs * this.#random.exponential()
    }
  }
}

/** A random index, with probabilities proportional to weights. */
function pick(weights: readonly number[], random: Random): number {
  let left = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  const index = weights.findIndex((weight) => {
    left -= weight
    return left < 0
  })
  // rounding may exceed the last weight
  return index < 0 ? weights.findLastIndex((weight) => weight > 0) : index
}
