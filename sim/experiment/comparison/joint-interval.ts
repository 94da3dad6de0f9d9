import type { Estimate } from '../../documents/index.ts'
import { exp, log, log1p, sum } from '../../kernel/index.ts'

/** A figure above 0 with its interval. A missing end may be anywhere. */
export type Ranged = Pick<Estimate, 'value' | 'low' | 'high'>

/** ln(predicted) - ln(measured), with the interval of both sides. Ends may be infinite. */
export interface LogDifference {
  readonly value: number
  readonly low: number
  readonly high: number
}

/**
 * How far a predicted figure is from a measured one, on the log scale. Half-widths of both sides
 * are added in squares, those below and above each for itself, as bands of single runs are wider
 * above (Newcombe 1998, method 10; Zou and Donner 2008). Null where a figure is none above 0.
 */
export function jointDifference(predicted: Ranged, measured: Ranged): LogDifference | null {
  const [first, second] = [onLogs(predicted), onLogs(measured)]
  if (first === null || second === null) return null
  const value = first.value - second.value
  return {
    value,
    low: value - inSquares([first.below, second.above]),
    high: value + inSquares([first.above, second.below]),
  }
}

/**
 * Whether figures differ by more than a relative tolerance, wherever in their intervals they are.
 * What has no interval, or no figure, shows nothing.
 */
export function isBeyond(difference: LogDifference | null, tolerance: number): boolean {
  if (difference === null) return false
  const least = tolerance < 1 ? log1p(-tolerance) : Number.NEGATIVE_INFINITY
  return difference.low > log1p(tolerance) || difference.high < least
}

/** Factors from a figure to its ends. */
export interface Factors {
  readonly low: number
  readonly high: number
}

/** From a figure to those at both ends of what is not known, simulated with the same draws. */
export function endFactors(
  figures: readonly number[],
  ends: readonly (readonly number[])[],
): Factors {
  const factors = ends.map((atEnd) => {
    // of stall-free requests, a replication may have none
    const changes = atEnd
      .map((figure, i) => log(figure / figures[i]!))
      .filter((change) => !Number.isNaN(change))
    return exp(sum(changes) / changes.length)
  })
  if (factors.some(Number.isNaN)) return { low: 0, high: Number.POSITIVE_INFINITY }
  return { low: Math.min(1, ...factors), high: Math.max(1, ...factors) }
}

/** The interval of a figure with further sources of width, each added in squares. */
export function widenedBy(figure: Ranged, sources: readonly Factors[]): Omit<Ranged, 'value'> {
  const known = onLogs(figure)
  if (known === null) return { low: figure.low, high: figure.high }
  const below = inSquares([known.below, ...sources.map(({ low }) => logWidth(low, 1))])
  const above = inSquares([known.above, ...sources.map(({ high }) => logWidth(1, high))])
  const { value } = known
  return {
    low: below === Number.POSITIVE_INFINITY ? null : exp(value - below),
    high: above === Number.POSITIVE_INFINITY ? null : exp(value + above),
  }
}

/** A figure and its half-widths on the log scale, infinite where it has no end. */
function onLogs({ value, low, high }: Ranged) {
  if (value === null || !(value > 0) || value === Number.POSITIVE_INFINITY) return null
  return { value: log(value), below: logWidth(low, value), above: logWidth(value, high) }
}

/** ln(high / low), 0 at least; infinite where an end is no number above 0. */
function logWidth(low: number | null, high: number | null): number {
  if (low === null || high === null || !(low > 0) || !(high > 0)) return Number.POSITIVE_INFINITY
  const ratio = high / low
  return ratio < Number.POSITIVE_INFINITY ? Math.max(0, log(ratio)) : Number.POSITIVE_INFINITY
}

const inSquares = (halves: readonly number[]) => Math.sqrt(sum(halves.map((half) => half ** 2)))
