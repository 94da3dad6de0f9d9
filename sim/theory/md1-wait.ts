import { bisect } from '../stats/index.ts'
import type { Md1 } from './mg1.ts'
import { poissonProbabilities } from './poisson.ts'
import { assertProbability, assertStable } from './stable.ts'

/**
 * Distribution of the wait in M/D/1, first come first served. Erlang's 1909 formula alternates in
 * sign and loses all digits in the tail. This is Franx 2001 (A simple solution for the M/D/c
 * waiting time distribution, Operations Research Letters 29), whose terms are all positive:
 *
 * P(W <= t) = sum over j = 0 .. k-1 of Q_{k-1-j} (lambda (k D - t))^j / j! exp(-lambda (k D - t)),
 *
 * k = floor(t / D) + 1, Q_m = P(at most m in the queue, not counting the one in service).
 */
export class Md1Wait {
  readonly #queue: Md1
  /** p_n: probability of n in the system; extended on demand */
  readonly #states: number[]
  /** Q_m */
  readonly #queued: number[]
  /** g_n: probability of more than n arrivals during one service */
  readonly #more: Float64Array

  constructor(queue: Md1) {
    const rho = queue.arrivalRate * queue.service
    assertStable(rho)
    this.#queue = queue
    this.#states = [1 - rho]
    this.#queued = []
    const more = poissonProbabilities(rho)
    // summed from the far end, so that small tails keep their digits
    let beyond = 0
    for (let n = more.length - 1; n >= 0; n--) {
      const probability = more[n]!
      more[n] = beyond
      beyond += probability
    }
    this.#more = more
  }

  /** P(wait <= t). */
  cdf(t: number): number {
    if (t < 0) return 0
    const { arrivalRate, service } = this.#queue
    const k = Math.floor(t / service) + 1
    const mean = arrivalRate * (k * service - t)
    let term = Math.exp(-mean)
    let sum = 0
    for (let j = 0; j < k; j++) {
      sum += this.#atMostQueued(k - 1 - j) * term
      term *= mean / (j + 1)
    }
    return sum
  }

  /** q-quantile of the wait: 0 up to q = 1 - rho, the share that does not wait. */
  quantile(q: number): number {
    assertProbability(q)
    if (q <= this.cdf(0)) return 0
    let high = this.#queue.service
    while (this.cdf(high) < q) high *= 2
    return bisect([0, high], 60, (t) => this.cdf(t) < q)[1]
  }

  #atMostQueued(m: number): number {
    const queued = this.#queued
    for (let i = queued.length; i <= m; i++) {
      queued.push((queued[i - 1] ?? this.#state(0)) + this.#state(i + 1))
    }
    return queued[m]!
  }

  /**
   * p_j (1 - g_0) = g_{j-1} p_0 + sum over k = 1 .. j-1 of g_{j-k} p_k (Tijms 2003, A First Course
   * in Stochastic Models, chapter 9, with deterministic service).
   */
  #state(n: number): number {
    const states = this.#states
    const more = this.#more
    for (let j = states.length; j <= n; j++) {
      let sum = (more[j - 1] ?? 0) * states[0]!
      for (let k = Math.max(1, j - more.length + 1); k < j; k++) sum += more[j - k]! * states[k]!
      states.push(sum / (1 - more[0]!))
    }
    return states[n]!
  }
}
