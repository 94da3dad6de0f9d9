import { exp, type Random } from '../kernel/index.ts'
import { blockRatios, clopperPearson, type Interval, type RatioBlock } from '../stats/index.ts'
import { assertStable } from './stable.ts'

/** Two sides of a comparison that are measured in blocks on a machine that drifts. */
export interface DriftingBlocks {
  readonly blocks: number
  /** of each side in each slice; a block has two slices of a side */
  readonly requests: number
  /** true ratio B/A of every percentile */
  readonly ratio: number
  /** deviation of the logarithm of a latency: the skew of the law */
  readonly skew: number
  /** deviation of the logarithm of the machine's speed, which both sides of a block meet */
  readonly drift: number
  /** of successive blocks */
  readonly correlation: number
  /** deviation of the logarithm of the speed of a slice alone, as by stalls */
  readonly sliceNoise: number
}

/**
 * Blocks of lognormal latencies. The speed of the machine is a stationary Gaussian AR(1) on the log
 * scale, and every slice has noise of its own, of one law for both sides. So all latencies of B are
 * distributed as those of A times `ratio`, and that is the true ratio of every percentile.
 */
export function drawBlocks(model: DriftingBlocks, random: Random): RatioBlock[] {
  const { blocks, requests, ratio, skew, drift, correlation, sliceNoise } = model
  assertStable(Math.abs(correlation))
  const innovation = Math.sqrt(1 - correlation * correlation)
  let speed = random.normal()
  const side = (scale: number) => {
    const values = new Float64Array(2 * requests)
    for (let slice = 0; slice < 2; slice++) {
      const level = scale * exp(drift * speed + sliceNoise * random.normal())
      for (let i = 0; i < requests; i++) {
        values[slice * requests + i] = level * exp(skew * random.normal())
      }
    }
    return values.sort()
  }
  return Array.from({ length: blocks }, () => {
    speed = correlation * speed + innovation * random.normal()
    return { a: side(1), b: side(ratio) }
  })
}

/**
 * How often the 95 % interval of `blockRatios` contains `truth`, for each percentile: the share of
 * `trials`, with a 95 % Clopper-Pearson interval.
 */
export function blockRatioCoverage(
  model: DriftingBlocks,
  percentiles: readonly number[],
  options: { readonly trials: number; readonly random: Random; readonly truth: number },
): Interval[] {
  const { trials, random, truth } = options
  const covered = percentiles.map(() => 0)
  for (let trial = 0; trial < trials; trial++) {
    const ratios = blockRatios(drawBlocks(model, random), percentiles, () => random.uniform())
    for (const [i, { low, high }] of ratios.entries()) {
      if (low !== null && high !== null && low <= truth && truth <= high) covered[i]!++
    }
  }
  return covered.map((count) => clopperPearson(count, trials))
}
