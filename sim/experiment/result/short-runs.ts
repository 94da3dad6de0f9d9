import { sampleStandardDeviation } from 'simple-statistics'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Result } from '../../documents/index.ts'
import { log } from '../../kernel/index.ts'
import { type Figures, PERCENTILES, percentileLabel, supports } from '../../stats/index.ts'
import { periodS } from '../../traffic/index.ts'

/**
 * A percentile of a short run is too low on average, and its distribution is skewed: an interval
 * over such runs contains the true value less often than it states. In M/M/1 at load 0.8, p99 over
 * ten runs of 5,000 requests is covered 83 % of the time, of 10,000 requests 90 %, of 40,000 94 %
 * (docs/design/013). The geometric mean is below the mean by half the variance of the logarithms;
 * beyond this share of the standard error the coverage of a 95 % interval falls below 93 %.
 */
const MOST_BIAS = 0.2
/** Of p99.9 nothing is stated: it scatters in nearly all runs. */
const HIGHEST = 0.99

interface TooShort {
  readonly p: number
  /** standard deviation of the logarithms */
  readonly scatter: number
  /** how many times as long runs would have to be */
  readonly times: number
}

/**
 * A warning for each class whose percentiles differ so much from run to run that their intervals
 * are too narrow. None for traffic that changes over time, as longer runs would ask another
 * question, nor for recorded speed, which differs from run to run because the machine does.
 */
export function shortRunWarnings(
  { traffic, duration_s, warmup_s }: Pick<Scenario, 'traffic' | 'duration_s' | 'warmup_s'>,
  runs: readonly { readonly classes: readonly { readonly latency: Figures }[] }[],
  pools: readonly Pick<Result['pools'][number], 'stalls'>[],
): string[] {
  if (traffic.some(({ arrivals }) => periodS(arrivals) > 0)) return []
  if (pools.some(({ stalls }) => stalls !== null)) return []
  return traffic.flatMap(({ class: name }, i) => {
    const short = tooShort(runs.map(({ classes }) => classes[i]!.latency))
    if (short === null) return []
    const needed = Math.ceil(warmup_s + short.times * (duration_s - warmup_s))
    return [
      `class ${name}: ${percentileLabel(short.p)} differs by ${Math.round(100 * short.scatter)} % from run to run, too much for its ` +
        'interval: the true value is outside more often than 5 % of the time, mostly above; ' +
        `use longer runs: --set duration_s=${Number(needed.toPrecision(2))}`,
    ]
  })
}

/** The percentile that needs the longest runs; null where all runs are long enough. */
export function tooShort(latencies: readonly Figures[]): TooShort | null {
  const least = Math.min(...latencies.map(({ n }) => n))
  const found = PERCENTILES.flatMap((p, i) => {
    const values = latencies.map(({ percentiles }) => percentiles[i]!)
    if (p > HIGHEST || values.length < 2 || !supports(least, p) || !values.every(isPositive)) {
      return []
    }
    const scatter = sampleStandardDeviation(values.map(log))
    const bias = (scatter * Math.sqrt(values.length)) / 2
    return bias > MOST_BIAS ? [{ p, scatter, times: (bias / MOST_BIAS) ** 2 }] : []
  })
  return found.sort((a, b) => b.times - a.times)[0] ?? null
}

const isPositive = (value: number) => value > 0 && value < Number.POSITIVE_INFINITY
