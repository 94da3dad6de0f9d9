import { bisect } from './bisect.ts'

/** Both halves of more have too many sums. */
const MOST = 40

/**
 * The exact p-value of the sign-flip test (Fisher 1935) that the mean of some differences is above
 * 0: the share of all 2^n choices of their signs whose sum is at least as large. It assumes that
 * the differences are independent and symmetric about their centre, and nothing else. The smallest
 * possible value is 2^-n. Throws `RangeError` for no differences, and for more than 40.
 *
 * Sums of the two halves are counted in pairs: O(2^(n/2) n) in place of O(2^n).
 */
export function signFlipP(differences: readonly number[]): number {
  const n = differences.length
  if (n < 1 || n > MOST) throw new RangeError(`Expected 1 to ${MOST} differences, got ${n}`)
  const sum = differences.reduce((total, difference) => total + difference, 0)
  const size = differences.reduce((total, difference) => total + Math.abs(difference), 0)
  // sums that differ by rounding alone are equal
  const least = sum - 1e-12 * size
  const left = signedSums(differences.slice(0, n >> 1))
  const right = signedSums(differences.slice(n >> 1))
  let count = 0
  let from = right.length
  for (const leftSum of left) {
    while (from > 0 && leftSum + right[from - 1]! >= least) from--
    count += right.length - from
  }
  return count / 2 ** n
}

/** The sums of all choices of signs, ascending. */
function signedSums(values: readonly number[]): Float64Array {
  const sums = new Float64Array(2 ** values.length)
  for (const [i, value] of values.entries()) {
    const half = 2 ** i
    for (let j = 0; j < half; j++) {
      sums[half + j] = sums[j]! + value
      sums[j]! -= value
    }
  }
  return sums.sort()
}

export interface SignFlipInterval {
  /** null where the values are too few for this level */
  readonly low: number | null
  readonly high: number | null
}

/**
 * The centres that a one-sided sign-flip test of `level` at each end does not reject: an interval
 * of confidence 1 - 2 `level`. An end has no value where 2^-n is above `level`.
 */
export function signFlipInterval(values: readonly number[], level: number): SignFlipInterval {
  if (2 ** -values.length > level) return { low: null, high: null }
  const low = lowEnd(values, level)
  const high = lowEnd(
    values.map((value) => -value),
    level,
  )
  return { low, high: -high }
}

/** The largest centre that is rejected as too low. Rejections end where the centre rises. */
function lowEnd(values: readonly number[], level: number): number {
  const [from, to] = [Math.min(...values), Math.max(...values)]
  // the test rejects a centre below all values, and none at or above their mean
  if (from === to) return from
  const rejected = (centre: number) => signFlipP(values.map((value) => value - centre)) <= level
  return bisect([from, to], 30, rejected)[0]
}
