/** Small dense matrices, as rows. */
export type Matrix = readonly (readonly number[])[]

export function diagonal(values: readonly number[]): Matrix {
  return values.map((value, i) => values.map((_, j) => (i === j ? value : 0)))
}

/** Returns a + factor b. */
export function sum(a: Matrix, b: Matrix, factor = 1): Matrix {
  return a.map((row, i) => row.map((value, j) => value + factor * b[i]![j]!))
}

export function product(a: Matrix, b: Matrix): Matrix {
  return a.map((row) =>
    b[0]!.map((_, j) => row.reduce((total, value, k) => total + value * b[k]![j]!, 0)),
  )
}

/** Gauss-Jordan elimination with the largest pivot of each column. Throws for a singular matrix. */
export function inverse(matrix: Matrix): Matrix {
  const size = matrix.length
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))])
  for (let column = 0; column < size; column++) {
    let pivot = column
    for (let i = column + 1; i < size; i++) {
      if (Math.abs(rows[i]![column]!) > Math.abs(rows[pivot]![column]!)) pivot = i
    }
    ;[rows[column], rows[pivot]] = [rows[pivot]!, rows[column]!]
    const head = rows[column]![column]!
    if (head === 0) throw new RangeError('Expected a matrix that has an inverse')
    rows[column] = rows[column]!.map((value) => value / head)
    for (let i = 0; i < size; i++) {
      const factor = rows[i]![column]!
      if (i === column || factor === 0) continue
      rows[i] = rows[i]!.map((value, j) => value - factor * rows[column]![j]!)
    }
  }
  return rows.map((row) => row.slice(size))
}

/** The row vector x with x A = 0 and x w = 1. The norm replaces one, redundant, equation. */
export function stationaryRow(a: Matrix, weights: readonly number[]): number[] {
  const withNorm = a.map((row, i) => [...row.slice(0, -1), weights[i]!])
  const last = a.map((_, j) => (j === a.length - 1 ? 1 : 0))
  return [...product([last], inverse(withNorm))[0]!]
}
