import { exp, log } from '../../kernel/index.ts'
import type { Ms } from '../ports.ts'
import type { WindowView } from './control.ts'

/** Latencies are counted in intervals of 1 %, from 1 µs to some days; the last one is endless. */
const RATIO = log(1.01)
const LEAST_MS = 0.001
const INTERVALS = 2700

/** What was observed since the last decision. */
export class LatencyWindow implements WindowView {
  ended = 0
  latencies = 0
  met = 0
  refused = 0
  readonly #counts = new Float64Array(INTERVALS)
  readonly #targetMs: Ms

  constructor(targetMs: Ms) {
    this.#targetMs = targetMs
  }

  /** A request has ended after so long; Infinity where it gave up waiting. */
  add(latencyMs: Ms): void {
    this.ended++
    this.latencies++
    if (latencyMs <= this.#targetMs) this.met++
    const interval = Math.ceil(log(Math.max(latencyMs, LEAST_MS) / LEAST_MS) / RATIO)
    this.#counts[Math.min(interval, INTERVALS - 1)]!++
  }

  /** The middle of the interval of a percentile. */
  percentileMs(percent: number): Ms {
    let left = Math.ceil((percent / 100) * this.latencies)
    for (let i = 0; i < INTERVALS - 1; i++) {
      left -= this.#counts[i]!
      if (left <= 0) return LEAST_MS * exp((i - 0.5) * RATIO)
    }
    return Number.POSITIVE_INFINITY
  }

  clear(): void {
    this.ended = 0
    this.latencies = 0
    this.met = 0
    this.refused = 0
    this.#counts.fill(0)
  }
}
