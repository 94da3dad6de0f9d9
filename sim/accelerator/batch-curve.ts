import { log } from '../kernel/index.ts'

/** A measured value at a batch: sequences in a step. */
export interface BatchPoint {
  readonly batch: number
  readonly value: number
}

export interface BatchCurve {
  /** at least one; with rising batches */
  readonly points: readonly BatchPoint[]
  /** whether the value is a line between two points over the batch or over its logarithm */
  readonly over: 'batch' | 'log batch'
  /** outside the points: the value of the nearest one, or the line through the nearest two */
  readonly outside: 'nearest' | 'line'
}

export interface CurveReading {
  readonly value: number
  /** whether the batch is smaller or larger than all measured ones */
  readonly extrapolated: boolean
}

/**
 * Reads a measured curve: piecewise linear, through each point. So it keeps every rise and fall
 * that was measured, and has no extremes between points.
 */
export function readCurve({ points, over, outside }: BatchCurve, batch: number): CurveReading {
  if (points.length === 0) throw new RangeError('Expected at least one measured point, got none')
  if (!(batch > 0)) throw new RangeError(`Expected a batch above 0, got ${batch}`)
  const last = points.length - 1
  const extrapolated = batch < points[0]!.batch || batch > points[last]!.batch
  if (last === 0 || (extrapolated && outside === 'nearest')) {
    const { value } = batch < points[0]!.batch ? points[0]! : points[last]!
    return { value, extrapolated }
  }
  let i = 1
  while (i < last && points[i]!.batch < batch) i++
  const [from, to] = [points[i - 1]!, points[i]!]
  // exact at the points
  if (batch === from.batch) return { value: from.value, extrapolated }
  if (batch === to.batch) return { value: to.value, extrapolated }
  const at = over === 'batch' ? (x: number) => x : log
  const share = (at(batch) - at(from.batch)) / (at(to.batch) - at(from.batch))
  return { value: from.value + share * (to.value - from.value), extrapolated }
}
