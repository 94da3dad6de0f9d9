import { sum } from '../../kernel/index.ts'

/** A fit of several lists of values on the same terms by least squares. */
export interface Fit {
  /** the coefficients of the terms for one list */
  coefficients(values: readonly number[]): number[]
  /** of each coefficient, its variance where every value has a variance of 1 */
  readonly variances: readonly number[]
}

/**
 * Least squares by the normal equations and their Cholesky factor: terms that are about
 * orthonormal lose no digits. Null where the terms depend on each other.
 */
export function leastSquares(rows: readonly (readonly number[])[]): Fit | null {
  const terms = rows[0]!.length
  const products = Array.from({ length: terms }, (_, i) =>
    Array.from({ length: i + 1 }, (_, j) => sum(rows.map((row) => row[i]! * row[j]!))),
  )
  const factor = cholesky(products)
  if (factor === null) return null
  const inverse = products.map((_, i) => solved(factor, unit(terms, i)))
  return {
    coefficients: (values) => {
      const right = products.map((_, i) => sum(rows.map((row, k) => row[i]! * values[k]!)))
      return solved(factor, right)
    },
    variances: inverse.map((column, i) => column[i]!),
  }
}

const unit = (length: number, at: number) => Array.from({ length }, (_, i) => (i === at ? 1 : 0))

/** A pivot below this share of its diagonal depends on those before. */
const DEPENDENT = 1e-9

/** The lower factor of a symmetric matrix of which the lower half is given. */
function cholesky(matrix: readonly (readonly number[])[]): number[][] | null {
  const factor: number[][] = []
  for (const [i, row] of matrix.entries()) {
    const next: number[] = []
    for (let j = 0; j <= i; j++) {
      const above = j === i ? next : factor[j]!
      let rest = row[j]!
      for (let k = 0; k < j; k++) rest -= next[k]! * above[k]!
      if (j < i) next.push(rest / factor[j]![j]!)
      else if (rest > DEPENDENT * row[i]!) next.push(Math.sqrt(rest))
      else return null
    }
    factor.push(next)
  }
  return factor
}

/** Solves L L' x = right. */
function solved(factor: readonly (readonly number[])[], right: readonly number[]): number[] {
  const forward: number[] = []
  for (const [i, row] of factor.entries()) {
    let rest = right[i]!
    for (let k = 0; k < i; k++) rest -= row[k]! * forward[k]!
    forward.push(rest / row[i]!)
  }
  const result = [...forward]
  for (let i = factor.length - 1; i >= 0; i--) {
    let rest = result[i]!
    for (let k = i + 1; k < factor.length; k++) rest -= factor[k]![i]! * result[k]!
    result[i] = rest / factor[i]![i]!
  }
  return result
}
