import { sum } from '../../kernel/index.ts'
import { bisect } from '../intervals/bisect.ts'
import { studentTCdf, studentTQuantile } from '../intervals/student-t.ts'

/** What a figure may be, where inputs are not known. */
export interface FigureLaw {
  /** of each draw of the inputs, its mean over replications; may be infinite */
  readonly centres: readonly number[]
  /** of the mean over replications, which every draw has alike; 0 for none */
  readonly standardError: number
  /** of that error */
  readonly degrees: number
}

/** Points between which the law of the draws is linear. */
const POINTS = 256
const HALVINGS = 40

/**
 * The middle 95 % of what a figure may be: a draw of the inputs, and the error of its mean over
 * replications, by Student's t. Ends may be infinite.
 */
export function widerInterval(law: FigureLaw, level = 0.95): [low: number, high: number] {
  const tail = (1 - level) / 2
  return [figureQuantile(law, tail), figureQuantile(law, 1 - tail)]
}

/** The probability that a figure is below a limit. */
export function probabilityBelow(law: FigureLaw, limit: number): number {
  return belowOf(pointsOf(law.centres), law, limit)
}

function figureQuantile(law: FigureLaw, p: number): number {
  const { standardError, degrees } = law
  if (standardError === 0) return drawQuantile(ascending(law.centres), p)
  const points = pointsOf(law.centres)
  const finite = points.filter(Number.isFinite)
  // so many draws without an end leave none
  if (finite.length / points.length <= p) return Number.POSITIVE_INFINITY
  const reach = standardError * studentTQuantile(1 - Math.min(p, 1 - p) / 10, degrees)
  const from = Math.min(...finite) - reach
  const to = Math.max(...finite) + reach
  const [low, high] = bisect([from, to], HALVINGS, (at) => belowOf(points, law, at) < p)
  return (low + high) / 2
}

function belowOf(points: readonly number[], law: FigureLaw, limit: number): number {
  const { standardError, degrees } = law
  const each = points.map((point) => {
    if (point === Number.POSITIVE_INFINITY) return 0
    if (standardError === 0) return point < limit ? 1 : 0
    return studentTCdf((limit - point) / standardError, degrees)
  })
  return sum(each) / points.length
}

const ascending = (values: readonly number[]) => [...values].sort((a, b) => a - b)

function pointsOf(centres: readonly number[]): number[] {
  const sorted = ascending(centres)
  return Array.from({ length: POINTS }, (_, i) => drawQuantile(sorted, (i + 0.5) / POINTS))
}

/**
 * A quantile of draws that are evenly spread: linear between the middles of their steps (Hyndman
 * and Fan 1996, definition 5).
 */
function drawQuantile(sorted: readonly number[], p: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, p * sorted.length - 0.5))
  const below = Math.floor(at)
  const [low, high] = [sorted[below]!, sorted[Math.min(sorted.length - 1, below + 1)]!]
  // between a number and infinity lies nothing
  return at === below || !Number.isFinite(high) ? (at === below ? low : high) : low + (at - below) * (high - low)
}
