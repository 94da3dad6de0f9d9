import { median, medianAbsoluteDeviation } from 'simple-statistics'
import type { WorkTable } from '../../sim/world/index.ts'

/** Times of one cell, ms: batches of one size and padded length that ran back to back. */
export interface CellSample {
  readonly size: number
  readonly length: number
  readonly ms: readonly number[]
}

export type WorkFit = WorkTable & {
  readonly sizes: number[]
  readonly lengths: number[]
  readonly ms: number[][]
  /** relative error of each cell when it is predicted from the other cells */
  readonly error: number[][]
}

interface CellMedian {
  readonly size: number
  readonly length: number
  readonly ms: number
  /** standard error of the logarithm of `ms` */
  readonly noise: number
}

/** Terms of work with coefficients of at least zero: call, item, token and attention's square. */
const TERMS: readonly ((size: number, length: number) => number)[] = [
  () => 1,
  (size) => size,
  (size, length) => size * length,
  (size, length) => size * length * length,
]

/**
 * Fits work as a smooth table over batch size and padded length. A law with non-negative terms
 * gives the shape. A cell's deviation from it (tiles, caches and vector widths make steps) is kept
 * as far as it exceeds the cell's noise (empirical-Bayes shrinkage, Efron and Morris 1975). Medians
 * are fitted, so that slow spells of the machine are left out: they belong to its speed.
 */
export function fitWork(samples: readonly CellSample[]): WorkFit {
  const sizes = distinct(samples.map(({ size }) => size))
  const lengths = distinct(samples.map(({ length }) => length))
  const cells = samples.map(cellMedian)
  const predict = smoothed(cells)
  const table = (of: (size: number, length: number) => number) =>
    sizes.map((size) => lengths.map((length) => of(size, length)))
  return {
    sizes,
    lengths,
    ms: table(predict),
    error: table((size, length) => {
      const cell = cells.find((c) => c.size === size && c.length === length)
      const remaining = cells.filter((neighbour) => neighbour !== cell)
      if (cell === undefined || remaining.length < TERMS.length) return 0
      return leaveOut(remaining, cell) / cell.ms - 1
    }),
  }
}

function cellMedian({ size, length, ms }: CellSample): CellMedian {
  const middle = median(ms as number[])
  // 1.4826 MAD estimates sigma, 1.2533 sigma / sqrt(n) is the standard error of a median
  const spread = 1.4826 * medianAbsoluteDeviation(ms as number[])
  return { size, length, ms: middle, noise: (1.2533 * spread) / Math.sqrt(ms.length) / middle }
}

function smoothed(cells: readonly CellMedian[]): (size: number, length: number) => number {
  const law = fitLaw(cells)
  const residuals = cells.map(({ size, length, ms }) => Math.log(ms / law(size, length)))
  const variance = residuals.reduce((sum, r) => sum + r * r, 0) / cells.length
  // the median of all cells: a cell in a slow spell would hide what the other cells show
  const noise = median(cells.map((cell) => cell.noise ** 2))
  const signal = Math.max(0, variance - noise)
  const kept = new Map(
    cells.map((cell, i) => {
      const share = signal === 0 ? 0 : signal / (signal + cell.noise ** 2)
      return [`${cell.size}x${cell.length}`, residuals[i]! * share]
    }),
  )
  return (size, length) => law(size, length) * Math.exp(kept.get(`${size}x${length}`) ?? 0)
}

/** Predicts a left-out cell from the law of the others and the mean deviation of its neighbours. */
function leaveOut(remaining: readonly CellMedian[], cell: CellMedian): number {
  const law = fitLaw(remaining)
  const distance = (neighbour: CellMedian) =>
    Math.abs(Math.log(neighbour.size / cell.size)) +
    Math.abs(Math.log(neighbour.length / cell.length))
  const near = [...remaining].sort((a, b) => distance(a) - distance(b)).slice(0, 2)
  const residual =
    near.reduce(
      (sum, neighbour) => sum + Math.log(neighbour.ms / law(neighbour.size, neighbour.length)),
      0,
    ) / near.length
  return law(cell.size, cell.length) * Math.exp(residual)
}

function fitLaw(cells: readonly CellMedian[]): (size: number, length: number) => number {
  // rows are divided by the measured time, so that relative errors of all cells count alike
  const rows = cells.map(({ size, length, ms }) => TERMS.map((term) => term(size, length) / ms))
  const scales = TERMS.map((_, j) => Math.hypot(...rows.map((row) => row[j]!)))
  const scaled = rows.map((row) => row.map((value, j) => value / scales[j]!))
  const weights = nonNegativeLeastSquares(
    scaled,
    cells.map(() => 1),
  )
  return (size, length) =>
    TERMS.reduce((sum, term, j) => sum + (weights[j]! / scales[j]!) * term(size, length), 0)
}

/** Coordinate descent for min |A x - b| over x >= 0 (Franc, Hlaváč and Navara 2005). */
function nonNegativeLeastSquares(rows: readonly (readonly number[])[], target: readonly number[]) {
  const terms = rows[0]!.length
  const gram = Array.from({ length: terms }, (_, i) =>
    Array.from({ length: terms }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  )
  const x = new Array<number>(terms).fill(0)
  const gradient = Array.from({ length: terms }, (_, i) =>
    rows.reduce((sum, row, k) => sum - row[i]! * target[k]!, 0),
  )
  for (let sweep = 0; sweep < 20_000; sweep++) {
    let moved = 0
    for (let i = 0; i < terms; i++) {
      const next = Math.max(0, x[i]! - gradient[i]! / gram[i]![i]!)
      const step = next - x[i]!
      if (step === 0) continue
      for (let j = 0; j < terms; j++) gradient[j]! += step * gram[i]![j]!
      x[i] = next
      moved = Math.max(moved, Math.abs(step))
    }
    if (moved < 1e-12) break
  }
  return x
}

function distinct(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
