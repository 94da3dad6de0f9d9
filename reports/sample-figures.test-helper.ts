import type {
  Comparison,
  Distribution,
  Estimate,
  Percentiles,
  Stability,
  TailPoint,
} from '../sim/documents/index.ts'

/** Plausible documents by formula, for tests of reports. Latencies are in ms. */
export interface Sample {
  /** SLO limit on p99 */
  readonly limitMs?: number
  /** each replay's tail over the simulated one, above p95 */
  readonly replays?: readonly number[]
  readonly verdict?: Comparison['verdict']
  /** text inside objectives, names and commands */
  readonly name?: string
  readonly pools?: readonly string[]
  readonly buckets?: number
  readonly medianMs?: number
  /** false: nothing was changed */
  readonly whatIf?: boolean
  /** true: pools have memory */
  readonly memory?: boolean
  /** true: tokens are generated; times to first tokens are a half, gaps a tenth of latencies */
  readonly tokens?: boolean
  /** simulated pools have energy, uncalibrated; heat: null where it is not simulated */
  readonly energy?: {
    readonly heat: 'throttled' | 'stopped' | 'cool' | null
    readonly tokens?: boolean
  }
}

/** Times of tokens, as shares of the latency. */
export const TOKEN_SHARES = { ttft: 0.5, tpot: 0.1 } as const

export const LEVELS = { p50: 0.5, p90: 0.9, p95: 0.95, p99: 0.99, p99_9: 0.999 } as const

/** Latency at p: about exponential in the number of nines, with `stretch` applied above p95. */
export function latencyAt(p: number, stretch = 1, medianMs = 1.4): number {
  const x = -Math.log10(1 - p)
  const tail = Math.max(0, Math.min(1, (x - 1.3) / 0.4))
  return medianMs * Math.exp(0.5 * (x - 0.3)) * (1 + (stretch - 1) * tail)
}

/** A run that keeps up with its traffic. */
export const SAMPLE_STABILITY: Stability = {
  state: 'STABLE',
  reason: 'no backlog builds up: 3 requests in the system at the end',
  backlog: estimateOf(3, 0.4, 80),
  growth: { value: 0.0001, low: -0.0004, high: 0.0006, n: 15_000 },
  demand: null,
}

export function estimateOf(value: number, relative: number, n = 30_000): Estimate {
  return { value, low: value * (1 - relative), high: value * (1 + relative), n }
}

export function percentilesOf(at: (p: number) => number): Percentiles {
  const entry = (p: number, relative: number) => estimateOf(at(p), relative)
  return {
    p50: entry(LEVELS.p50, 0.01),
    p90: entry(LEVELS.p90, 0.02),
    p95: entry(LEVELS.p95, 0.04),
    p99: entry(LEVELS.p99, 0.09),
    p99_9: { value: null, low: null, high: null, n: 30_000, reason: 'needs 100,000 requests' },
  }
}

export function distributionOf(mean: number, tail: number): Distribution {
  return {
    mean: estimateOf(mean, 0.02),
    percentiles: percentilesOf((p) => mean * (0.8 + tail * -Math.log10(1 - p))),
  }
}

export function tailOf(stretch: number, band: boolean, medianMs: number): TailPoint[] {
  return Array.from({ length: 90 }, (_, i) => {
    const x = 0.01 + (3.2 * i) / 89
    const p = 1 - 10 ** -x
    const value = latencyAt(p, stretch, medianMs)
    const width = 1 + 0.02 + 0.35 * Math.max(0, x - 1)
    return { p, value, low: band ? value / width : null, high: band ? value * width : null }
  })
}
