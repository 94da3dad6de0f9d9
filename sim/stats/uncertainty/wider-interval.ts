import { studentTQuantile } from '../intervals/student-t.ts'

/** What a figure may be, where inputs are not known. */
export interface FigureLaw {
  /** of each draw of the inputs, its mean over replications; may be infinite */
  readonly centres: readonly number[]
  /** of the mean over replications, which every draw has alike; 0 for none */
  readonly standardError: number
  /** of that error */
  readonly degrees: number
}

/** Points of the law of the draws, and of that of the error. */
const POINTS = 128
const ERRORS = 64

/**
 * The middle 95 % of what a figure may be: a draw of the inputs, and the error of its mean over
 * replications, by Student's t. Ends may be infinite.
 */
export function widerInterval(law: FigureLaw, level = 0.95): [low: number, high: number] {
  const tail = (1 - level) / 2
  const values = valuesOf(law)
  return [evenQuantile(values, tail), evenQuantile(values, 1 - tail)]
}

/** The probability that a figure is below a limit. */
export function probabilityBelow(law: FigureLaw, limit: number): number {
  const values = valuesOf(law)
  return values.filter((value) => value < limit).length / values.length
}

/** Equally likely values of a figure, ascending. */
function valuesOf({ centres, standardError, degrees }: FigureLaw): Float64Array {
  const sorted = Float64Array.from(centres).sort()
  if (standardError === 0) return sorted
  const errors = errorsOf(degrees).map((error) => standardError * error)
  const points = Array.from({ length: POINTS }, (_, i) => evenQuantile(sorted, (i + 0.5) / POINTS))
  return Float64Array.from(points.flatMap((point) => errors.map((error) => point + error))).sort()
}

function errorsOf(degrees: number): number[] {
  return Array.from({ length: ERRORS }, (_, i) => studentTQuantile((i + 0.5) / ERRORS, degrees))
}

/**
 * A quantile of values that are evenly spread: linear between the middles of their steps (Hyndman
 * and Fan 1996, definition 5).
 */
export function evenQuantile(sorted: Float64Array, p: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, p * sorted.length - 0.5))
  const below = Math.floor(at)
  const [low, high] = [sorted[below]!, sorted[Math.min(sorted.length - 1, below + 1)]!]
  if (at === below || low === high) return low
  return low + (at - below) * (high - low)
}
