import { exp, log, sum } from '../../kernel/index.ts'
import { betaCdf, betaQuantile } from './beta.ts'
import { normalDistribution, normalQuantile } from './normal.ts'
import { studentTCdf, studentTQuantile } from './student-t.ts'

/** Requests of one run that are beyond a limit, and what shows how they cluster. */
export interface RunTail {
  readonly n: number
  /** at or beyond the limit, lost ones too */
  readonly beyond: number
  /** what the run has at each of `tailLevels`, ms; infinite where lost requests are */
  readonly values: readonly number[]
}

/** Multiples of the share that may be beyond the limit. */
const MULTIPLES = [0.5, 1, 2, 4, 8, 16, 32, 64] as const
/** Clusters are looked for beyond the median at most. */
const LARGEST_SHARE = 0.5
/** A run with fewer requests beyond a level says little about it. */
const LEAST_BEYOND = 5
/** So many beyond the limit show by themselves how they cluster. */
const LEAST_TOGETHER = 2

/** Shares beyond the levels at which clusters are looked for, for the p-percentile; rising. */
const sharesOf = (p: number) =>
  MULTIPLES.map((by) => by * (1 - p)).filter((share, i) => i < 2 || share <= LARGEST_SHARE)

/** The percentiles at those levels, falling. */
export const tailLevels = (p: number): number[] => sharesOf(p).map((share) => 1 - share)

/** The share of requests beyond a limit, over runs. */
export interface Exceedance {
  readonly value: number
  /** the ends of its 95 % interval */
  readonly low: number
  readonly high: number
  /** requests of all runs */
  readonly n: number
  readonly runs: number
  /** so many requests tell as much as one that is independent of all others; at least 1 */
  readonly designEffect: number
  /** confidence that the true share is below `share`, and that it is not */
  confidence(share: number): { readonly below: number; readonly above: number }
}

/**
 * The share of requests beyond a limit by their count over at least two independent runs; null
 * where no level has enough requests to show how they cluster.
 *
 * Clopper-Pearson bounds of as many independent requests as tell the same, the requests over the
 * design effect (Korn and Graubard 1998). That is the variance of a run's share over the binomial
 * one. Few or no requests beyond the limit do not show it, so it is the largest of those at lower
 * levels, where runs have more requests, and at the limit. Bounds are widened from the normal to
 * the t distribution, as the variance is of so many runs.
 */
export function exceedance(runs: readonly RunTail[], p: number): Exceedance | null {
  const n = sum(runs.map((run) => run.n))
  const beyond = sum(runs.map((run) => run.beyond))
  const effect = designEffect(runs, p)
  if (effect === null) return null
  return exceedanceOf({ n, beyond, designEffect: effect, runs: runs.length })
}

/** The same for counts with a known design effect. */
export function exceedanceOf(counts: {
  readonly n: number
  readonly beyond: number
  readonly designEffect: number
  readonly runs: number
}): Exceedance {
  const { n, beyond, designEffect: effect, runs } = counts
  const [effectiveBeyond, effectiveN] = [beyond / effect, n / effect]
  const tail = normalDistribution(studentTQuantile(0.025, runs - 1))
  const overRuns = (confidence: number) => studentTCdf(normalQuantileOf(confidence), runs - 1)
  return {
    value: beyond / n,
    low: beyond === 0 ? 0 : betaQuantile(tail, effectiveBeyond, effectiveN - effectiveBeyond + 1),
    high:
      beyond === n ? 1 : 1 - betaQuantile(tail, effectiveN - effectiveBeyond, effectiveBeyond + 1),
    n,
    runs,
    designEffect: effect,
    confidence: (share) => ({
      below:
        beyond === n
          ? 0
          : overRuns(betaCdf(share, effectiveBeyond + 1, effectiveN - effectiveBeyond)),
      above:
        beyond === 0
          ? 0
          : overRuns(betaCdf(1 - share, effectiveN - effectiveBeyond + 1, effectiveBeyond)),
    }),
  }
}

/** Certainty beyond the digits of a number has no finite quantile. */
const normalQuantileOf = (p: number) =>
  p <= 0 ? Number.NEGATIVE_INFINITY : p >= 1 ? Number.POSITIVE_INFINITY : normalQuantile(p)

function designEffect(runs: readonly RunTail[], p: number): number | null {
  const shares = sharesOf(p)
  const size = sum(runs.map(({ n }) => n)) / runs.length
  const effects = shares.flatMap((share, level) => {
    if (share * size < LEAST_BEYOND) return []
    const threshold = medianOf(runs.map(({ values }) => values[level]!))
    if (!Number.isFinite(threshold)) return []
    return [effectOf(runs.map((run) => ({ n: run.n, share: shareAt(run, shares, threshold) })))]
  })
  if (effects.length === 0) return null
  const beyond = runs.map((run) => ({ n: run.n, share: run.beyond / run.n }))
  if (sum(runs.map((run) => run.beyond)) >= LEAST_TOGETHER) effects.push(effectOf(beyond))
  return Math.max(1, ...effects)
}

/** The variance of the shares of runs over that of as many independent requests. */
function effectOf(runs: readonly { readonly n: number; readonly share: number }[]): number {
  const n = sum(runs.map((run) => run.n))
  const share = sum(runs.map((run) => run.n * run.share)) / n
  // all beyond, or none: nothing varies
  if (share <= 0 || share >= 1) return 0
  const squares = sum(runs.map((run) => (run.n * (run.share - share)) ** 2))
  const variance = squares / (runs.length - 1) / (n / runs.length)
  return variance / (share * (1 - share))
}

/**
 * The share of a run beyond a threshold, by what it has at levels: the logarithm of the share is
 * linear between two of them, and goes on beyond the outer ones.
 */
function shareAt({ values }: RunTail, shares: readonly number[], threshold: number): number {
  const index = values.findIndex((value) => threshold >= value)
  const upper = index < 0 ? values.length - 2 : Math.max(0, index - 1)
  const [high, low] = [values[upper]!, values[upper + 1]!]
  if (!(high > low)) return shares[index < 0 ? values.length - 1 : index]!
  // a level that only lost requests reach is infinitely far
  if (high === Number.POSITIVE_INFINITY) return shares[upper + 1]!
  const share = (threshold - low) / (high - low)
  return Math.min(
    1,
    exp(log(shares[upper + 1]!) + share * log(shares[upper]! / shares[upper + 1]!)),
  )
}

const medianOf = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!
