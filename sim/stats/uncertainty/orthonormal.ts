import type { UncertainInput } from '../../../scenarios/schema/uncertain.ts'
import { log, sum } from '../../kernel/index.ts'
import { drawnValue } from './law-quantile.ts'

/** Probabilities at which means over an input are taken. */
const GRID = Array.from({ length: 1024 }, (_, i) => (i + 0.5) / 1024)

/** Largest degree of the polynomials. */
const MOST_DEGREE = 6

/** Polynomials of one input that are orthonormal under its law. */
export interface Polynomials {
  /** the polynomials of degrees 1, 2, … at a value of the input */
  at(value: number): readonly number[]
  /** a value of the input in standard deviations from its mean; of logarithms where it has them */
  point(value: number): number
  /** the polynomials at such a point */
  atPoint(point: number): readonly number[]
  /** the lowest and the highest point that is drawn */
  readonly ends: readonly [low: number, high: number]
  /**
   * of each, its change at the stated value by the change of the input as a share of that: the
   * slope by the logarithm of the input
   */
  readonly slopes: readonly number[]
}

/**
 * Polynomials of the logarithm of an input, or of the input itself where it may be 0 or less. They
 * are orthonormal under its law, so the squares of their coefficients are parts of a variance
 * (B. Sudret 2008, Global sensitivity analysis using polynomial chaos expansions; for any law S.
 * Oladyshkin and W. Nowak 2012). An input that does not vary has none.
 */
export function polynomialsOf(input: UncertainInput): Polynomials {
  const values = GRID.map((u) => drawnValue(input, u))
  const onLogs = values.every((value) => value > 0)
  const scale = (value: number) => (onLogs ? log(value) : value)
  const scaled = values.map(scale)
  const mean = sum(scaled) / scaled.length
  const deviation = Math.sqrt(sum(scaled.map((at) => (at - mean) ** 2)) / scaled.length)
  if (!(deviation > 1e-12 * Math.max(1, Math.abs(mean)))) return NONE
  const points = scaled.map((at) => (at - mean) / deviation)
  const coefficients = orthonormalised(points)
  const point = (value: number) => (scale(value) - mean) / deviation
  const atPoint = (at: number) => coefficients.map((of) => polynomial(of, at))
  const stated = point(input.value)
  const perShare = (onLogs ? 1 : input.value) / deviation
  return {
    at: (value) => atPoint(point(value)),
    point,
    atPoint,
    ends: [points[0]!, points.at(-1)!],
    slopes: coefficients.map((of) => {
      const slope = of.slice(1).map((coefficient, i) => coefficient * (i + 1))
      return perShare * polynomial(slope, stated)
    }),
  }
}

const NONE: Polynomials = {
  at: () => [],
  point: () => 0,
  atPoint: () => [],
  ends: [0, 0],
  slopes: [],
}

/** Coefficients, lowest power first, by Gram and Schmidt. Ends where values are too few. */
function orthonormalised(points: readonly number[]): number[][] {
  const means = (of: readonly number[], other: readonly number[]) =>
    sum(points.map((at) => polynomial(of, at) * polynomial(other, at))) / points.length
  const basis: number[][] = [[1]]
  for (let degree = 1; degree <= MOST_DEGREE; degree++) {
    let next = [...Array<number>(degree).fill(0), 1]
    const before = Math.sqrt(means(next, next))
    // twice, as the first pass leaves what rounding lost
    for (let pass = 0; pass < 2; pass++) {
      for (const of of basis) {
        const part = means(next, of)
        next = next.map((coefficient, i) => coefficient - part * (of[i] ?? 0))
      }
    }
    const size = Math.sqrt(means(next, next))
    if (!(size > 1e-6 * before)) break
    basis.push(next.map((coefficient) => coefficient / size))
  }
  return basis.slice(1)
}

const polynomial = (coefficients: readonly number[], at: number) =>
  coefficients.reduceRight((value, coefficient) => value * at + coefficient, 0)
