import alea from 'seedrandom/lib/alea.js'
import { log } from './elementary.ts'

/**
 * A random stream. Draws come from seedrandom's alea, multiples of 2^-32, so `uniform` can be
 * exactly 0 and never 1.
 */
export class Random {
  readonly #next: () => number
  #spare = Number.NaN

  constructor(seed: string) {
    this.#next = alea(seed)
  }

  /** In [0, 1). */
  uniform(): number {
    return this.#next()
  }

  /** Exponential with mean 1; finite, as 1 - u is never 0. */
  exponential(): number {
    return -log(1 - this.uniform())
  }

  /** Standard normal, by the polar method (Marsaglia and Bray 1964). */
  normal(): number {
    if (!Number.isNaN(this.#spare)) {
      const spare = this.#spare
      this.#spare = Number.NaN
      return spare
    }
    for (;;) {
      const x = 2 * this.uniform() - 1
      const y = 2 * this.uniform() - 1
      const r = x * x + y * y
      if (r >= 1 || r === 0) continue
      const scale = Math.sqrt((-2 * log(r)) / r)
      this.#spare = y * scale
      return x * scale
    }
  }

  /**
   * Gamma with the given shape and scale 1, so its mean is the shape (Marsaglia and Tsang 2000).
   */
  gamma(shape: number): number {
    if (shape < 1) return this.gamma(shape + 1) * (1 - this.uniform()) ** (1 / shape)
    const d = shape - 1 / 3
    const c = 1 / Math.sqrt(9 * d)
    for (;;) {
      const x = this.normal()
      const root = 1 + c * x
      if (root <= 0) continue
      const v = root * root * root
      const u = 1 - this.uniform()
      if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v
    }
  }

  /** A whole number in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n)
  }
}
