import { mean, sampleStandardDeviation } from 'simple-statistics'
import { log } from '../../../sim/kernel/index.ts'
import { studentTQuantile } from '../../../sim/stats/index.ts'
import { PERCENTS, type Percent, type Times } from './load-test.ts'

/** Largest ratio, up or down, of figures that count as the same. */
export const MARGIN = 1.1

/** Error of each of the two one-sided tests. */
const LEVEL = 0.05

/** `same`: within the margin. `other`: beyond it. */
export type Equivalence = 'same' | 'other' | 'undecided'

export interface Compared {
  /** simulated over measured, less 1; the simulated one is the geometric mean over seeds */
  readonly error: number
  readonly equivalence: Equivalence
}

/**
 * Two one-sided tests (Schuirmann 1987) of the logarithms: simulated runs of several seeds against
 * one measured run. That run is taken to scatter as the simulated ones do from seed to seed, or as
 * its percentiles do by their number of requests (`samplingSd`), whichever is more.
 */
export function compared(
  simulated: readonly number[],
  measured: number,
  samplingSd: number,
): Compared {
  const logs = simulated.map((value) => log(value / measured))
  const sd = sampleStandardDeviation(logs)
  const error = mean(logs)
  const se = Math.hypot(sd / Math.sqrt(logs.length), Math.max(sd, samplingSd))
  const half = se * studentTQuantile(1 - LEVEL, logs.length - 1)
  const margin = log(MARGIN)
  const away = Math.abs(error)
  const equivalence = away + half <= margin ? 'same' : away - half >= margin ? 'other' : 'undecided'
  return { error: Math.exp(error) - 1, equivalence }
}

/**
 * Standard deviation of the logarithm of a published percentile of n requests, if they were
 * independent: that of a binomial share, by the slope between published percentiles on the scale on
 * which exponential tails are straight (delta method).
 */
export function percentileSd(times: Times, percent: Percent, n: number): number {
  const i = Math.max(1, PERCENTS.indexOf(percent))
  const [below, above] = [PERCENTS[i - 1]!, PERCENTS[i]!]
  const rise = log(times[`p${above}`] / times[`p${below}`])
  const slope = rise / log((100 - below) / (100 - above))
  return slope * Math.sqrt(percent / (n * (100 - percent)))
}

/** Of a published mean, from the distance of p90 and p50 as for a normal distribution. */
export const meanSd = ({ mean: of, p50, p90 }: Times, n: number) =>
  (p90 - p50) / 1.2816 / of / Math.sqrt(n)
