import type { Percentiles } from '../../documents/index.ts'

type PercentileKey = keyof Percentiles

/** The percentiles in every report. */
export const PERCENTILES = [0.5, 0.9, 0.95, 0.99, 0.999] as const
export type Percentile = (typeof PERCENTILES)[number]

/** Label of a percentile in reports, such as `p99.9`. */
export function percentileLabel(p: number): string {
  return `p${Number((p * 100).toFixed(6))}`
}

/** Key of a percentile in the documents, such as `p99_9`. */
export function percentileKey(p: Percentile): PercentileKey {
  return percentileLabel(p).replace('.', '_') as PercentileKey
}

/**
 * Rank, from 1, of the p-percentile of n values: the nearest rank, ceil(p n), at least 1 (Hyndman
 * and Fan 1996, definition 1). It selects an observed value, which may be infinite.
 */
export function rankOf(p: number, n: number): number {
  // p n may be an ulp above the whole number: .07 * 100 is 7.000000000000001
  return Math.min(n, Math.max(1, Math.ceil(p * n * (1 - 1e-14))))
}

/**
 * The probability whose nearest rank of n values is ceil(p (n + 1)): the expected share below that
 * value, its rank over n + 1, is at least p, so it does not come out too low. Above 1 where n is
 * less than p / (1 - p): no value is high enough.
 */
export function upperProbability(p: number, n: number): number {
  return Math.ceil(p * (n + 1) * (1 - 1e-14)) / n
}

/** Requests from which on one of them is high enough for `upperProbability`. */
export function neededForUpper(p: number): number {
  return needed(p, p)
}

/** The p-percentile of ascending values and `lost` infinite ones; NaN where there are none. */
export function percentile(sorted: Float64Array, p: number, lost = 0): number {
  const n = sorted.length + lost
  if (n === 0) return Number.NaN
  const rank = rankOf(p, n)
  return rank > sorted.length ? Number.POSITIVE_INFINITY : sorted[rank - 1]!
}

/** Requests needed beyond a percentile to print it. */
const TAIL_TO_PRINT = 30
/** Requests needed beyond a percentile to base a verdict on it. */
const TAIL_TO_JUDGE = 100

/** Whether n requests support the p-percentile: at least 30 of them lie beyond it. */
export function supports(n: number, p: number): boolean {
  return n >= needed(p, TAIL_TO_PRINT)
}

/** Whether n requests support a verdict on the p-percentile: at least 100 of them lie beyond it. */
export function supportsVerdict(n: number, p: number): boolean {
  return n >= neededForVerdict(p)
}

/** Requests that a verdict on the p-percentile needs. */
export function neededForVerdict(p: number): number {
  return needed(p, TAIL_TO_JUDGE)
}

/** The highest p that n requests support; below 0 where they support none. */
export function lastSupported(n: number): number {
  return 1 - TAIL_TO_PRINT / n
}

/** The scope in which requests are counted. */
type Where = 'in each run' | 'in each window' | 'in each replay' | 'in all rounds'

/** Why a percentile is not printed, such as `p99 needs 3,000 requests in each run, got 1,200`. */
export function unsupportedReason(n: number, p: number, where: Where = 'in each run'): string {
  return reason(n, p, TAIL_TO_PRINT, where)
}

/** Why there is no verdict on a percentile. */
export function noVerdictReason(n: number, p: number, where: Where): string {
  return reason(n, p, TAIL_TO_JUDGE, where)
}

function reason(n: number, p: number, tail: number, where: Where): string {
  const requests = needed(p, tail).toLocaleString('en-US')
  return `${percentileLabel(p)} needs ${requests} requests ${where}, got ${n.toLocaleString('en-US')}`
}

/** Least n with n (1 - p) >= tail. The rounding of p in 1 - p, up to EPSILON, adds no request. */
function needed(p: number, tail: number): number {
  return Math.ceil(tail / (1 - p + Number.EPSILON))
}
