import { Z } from './counters.ts'

/** The index of dispersion of counts, variance / mean, and its 95 % interval. */
export interface Dispersion {
  readonly value: number
  readonly low: number
  readonly high: number
  /** second differences that it is of */
  readonly differences: number
}

/** Fewer differences say next to nothing: the interval has a factor of 6 to each side. */
const LEAST_DIFFERENCES = 5
/** differences share counts with the two on each side; a burst may reach somewhat further */
const LAGS = 4

/**
 * The dispersion of counts in consecutive steps around a rate that changes slowly: a second
 * difference has the variance D (λ₋ + 4 λ + λ₊) where the rate λ is linear over three steps
 * (Gasser, Sroka & Jennen-Steinmetz 1986, Biometrika 73, with the variance of counts). NaN: a count
 * that is not known. Null where too few are.
 *
 * The relative error is at least that of normal counts, √(35 / 9 m) of m differences, and that of
 * the differences themselves, with those of their neighbours (Newey & West 1987).
 */
export function dispersionOf(counts: Float64Array): Dispersion | null {
  const squares = new Float64Array(counts.length).fill(Number.NaN)
  const weights = new Float64Array(counts.length)
  let [sum, weight, differences] = [0, 0, 0]
  for (let i = 1; i + 1 < counts.length; i++) {
    const [before, count, after] = [counts[i - 1]!, counts[i]!, counts[i + 1]!]
    const square = (before - 2 * count + after) ** 2
    if (Number.isNaN(square)) continue
    squares[i] = square
    weights[i] = before + 4 * count + after
    sum += square
    weight += weights[i]!
    differences++
  }
  if (differences < LEAST_DIFFERENCES || !(weight > 0)) return null
  const value = sum / weight
  const residual = (i: number) => {
    const square = squares[i] ?? Number.NaN
    return Number.isNaN(square) ? 0 : square - value * weights[i]!
  }
  let variance = 0
  for (let i = 0; i < counts.length; i++) {
    const one = residual(i)
    variance += one * one
    for (let lag = 1; lag <= LAGS; lag++) {
      variance += 2 * (1 - lag / (LAGS + 1)) * one * residual(i + lag)
    }
  }
  const ofNormal = Math.sqrt(35 / (9 * differences))
  const error = Math.max(ofNormal, sum > 0 ? Math.sqrt(Math.max(0, variance)) / sum : 0)
  const factor = Math.exp(Z * error)
  // counts are whole: equal ones may hide a difference of one request
  return { value, low: value / factor, high: (value + 6 / weight) * factor, differences }
}

/** The 95 % interval of a mean count with this dispersion: the score interval. */
export function countInterval(count: number, dispersion: number) {
  const centre = count + (dispersion * Z ** 2) / 2
  const half = Z * Math.sqrt(dispersion * count + (dispersion * Z) ** 2 / 4)
  return { low: Math.max(0, centre - half), high: centre + half }
}
