import { clopperPearson, Histogram, type Interval } from '../stats/index.ts'
import { type Mm1, mm1MeanSojourn, mm1SojournQuantile } from './mm1.ts'
import { assertStable } from './stable.ts'

/** A model with a known figure, and an estimate of it from one replication. */
export interface CoverageModel {
  readonly name: string
  readonly truth: number
  readonly replicate: (random: () => number) => number
}

/**
 * The mean of `length` steps of a stationary Gaussian AR(1), X' = correlation X + noise, with mean
 * `truth` and deviation 1; correlation 0 is independent noise. Such means are exactly normal. So
 * the t interval over replications has exactly its nominal coverage, however correlated the steps
 * are.
 */
export function autoregressiveMean(options: {
  readonly correlation: number
  readonly length: number
  readonly truth: number
}): CoverageModel {
  const { correlation, length, truth } = options
  assertStable(Math.abs(correlation))
  const noise = Math.sqrt(1 - correlation * correlation)
  const replicate = (random: () => number) => {
    let x = normal(random)
    let sum = x
    for (let i = 1; i < length; i++) {
      x = correlation * x + noise * normal(random)
      sum += x
    }
    return truth + sum / length
  }
  return { name: `mean of AR(1), correlation ${correlation}`, truth, replicate }
}

/** Lognormal figures of replays, such as a percentile on a noisy machine, and their median. */
export function lognormalFigures(options: {
  /** standard deviation of the logarithm */
  readonly sigma: number
  readonly median: number
}): CoverageModel {
  const { sigma, median } = options
  const replicate = (random: () => number) => median * Math.exp(sigma * normal(random))
  return { name: `lognormal figures, sigma ${sigma}`, truth: median, replicate }
}

/** The mean, or the q-quantile, of the sojourns of `customers` successive customers of M/M/1. */
export function mm1Sojourn(
  queue: Mm1,
  customers: number,
  figure: 'mean' | { readonly quantile: number },
): CoverageModel {
  const sojourns = new Histogram()
  const name = figure === 'mean' ? 'mean' : `${figure.quantile} quantile`
  return {
    name: `${name} of the sojourn in M/M/1`,
    truth: figure === 'mean' ? mm1MeanSojourn(queue) : mm1SojournQuantile(queue, figure.quantile),
    replicate: (random) => {
      sojourns.reset()
      lindley(queue, customers, random, sojourns)
      return figure === 'mean' ? sojourns.mean : sojourns.quantile(figure.quantile)
    },
  }
}

/** The recursion of Lindley 1952, W' = max(0, W + S - A), from a stationary first wait. */
function lindley(queue: Mm1, customers: number, random: () => number, sojourns: Histogram): void {
  const { arrivalRate, serviceRate } = queue
  const waits = random() < arrivalRate / serviceRate
  let wait = waits ? exponential(random) / (serviceRate - arrivalRate) : 0
  for (let i = 0; i < customers; i++) {
    const sojourn = wait + exponential(random) / serviceRate
    sojourns.record(sojourn)
    wait = Math.max(0, sojourn - exponential(random) / arrivalRate)
  }
}

/** `random` may return 0 but never 1: the logarithm takes 1 - u. */
function exponential(random: () => number): number {
  return -Math.log(1 - random())
}

/** Box and Muller 1958, the cosine half. */
function normal(random: () => number): number {
  return Math.sqrt(2 * exponential(random)) * Math.cos(2 * Math.PI * random())
}

/**
 * Estimates the coverage of a 95 % interval over `replications` estimates: the share of `trials` in
 * which it contained the truth, with a 95 % Clopper-Pearson interval. For a correct method, that
 * interval contains 0.95.
 */
export function intervalCoverage(
  model: CoverageModel,
  options: {
    readonly trials: number
    readonly replications: number
    readonly interval: (estimates: readonly number[]) => Interval
    readonly random: () => number
  },
): Interval & { readonly trials: number } {
  const { trials, replications, interval, random } = options
  let covered = 0
  for (let trial = 0; trial < trials; trial++) {
    const estimates = Array.from({ length: replications }, () => model.replicate(random))
    const { low, high } = interval(estimates)
    if (low !== null && high !== null && low <= model.truth && model.truth <= high) covered++
  }
  return { ...clopperPearson(covered, trials), trials }
}
