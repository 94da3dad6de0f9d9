import type { OperationCounts } from './count-operations.ts'

/** The keys of declared work of law operations. */
export interface OperationsWork {
  readonly gflops_per_item: number
  readonly gflops_per_token: number
  readonly gflops_per_token_squared: number
  readonly weights_mib: number
  readonly moved_mib_per_item: number
  readonly moved_mib_per_token: number
  readonly moved_mib_per_token_squared: number
  readonly kernels: number
}

/** The count of one batch. */
export interface CountedBatch extends OperationCounts {
  readonly batch: number
  /** null for a net without lengths */
  readonly length: number | null
}

/** Coefficients, and how far they are from the counts. */
export interface OperationsFit {
  readonly work: OperationsWork
  /** largest relative errors over all counted batches */
  readonly errors: Readonly<Record<'flops' | 'movedBytes' | 'weightBytes' | 'kernels', number>>
}

const MIB = 2 ** 20
/** Of the coefficients; errors are those of the rounded ones. */
const DIGITS = 7

/**
 * FLOPs and moved bytes are a number for each request, token and pair of tokens of a batch; weights
 * and kernels are the same for all batches. Coefficients have the least relative squares; those
 * below 0 are left out.
 */
export function fitOperations(counted: readonly CountedBatch[]): OperationsFit {
  const flops = coefficients(counted, ({ flops }) => flops / 1e9)
  const moved = coefficients(counted, ({ movedBytes }) => movedBytes / MIB)
  const weights = largest(counted, ({ weightBytes }) => weightBytes / MIB)
  const kernels = largest(counted, (batch) => batch.kernels)
  const [gflops_per_item, gflops_per_token, gflops_per_token_squared] = flops.each
  const [moved_mib_per_item, moved_mib_per_token, moved_mib_per_token_squared] = moved.each
  return {
    work: {
      gflops_per_item,
      gflops_per_token,
      gflops_per_token_squared,
      weights_mib: weights.value,
      moved_mib_per_item,
      moved_mib_per_token,
      moved_mib_per_token_squared,
      kernels: kernels.value,
    },
    errors: {
      flops: flops.error,
      movedBytes: moved.error,
      weightBytes: weights.error,
      kernels: kernels.error,
    },
  }
}

const rounded = (value: number) => Number(value.toPrecision(DIGITS))

function largest(counted: readonly CountedBatch[], of: (counts: CountedBatch) => number) {
  const values = counted.map(of)
  const value = rounded(Math.max(...values))
  return { value, error: Math.max(...values.map((actual) => relative(value, actual))) }
}

const relative = (value: number, actual: number) =>
  actual === value ? 0 : actual === 0 ? 1 : Math.abs(value - actual) / actual

type Each = readonly [item: number, token: number, pair: number]

/** Sets of terms by rising number: the powers of the length. */
const TERMS = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]] as const

/** A larger set of terms must be better by this. */
const LEAST_GAIN = 1e-6

function coefficients(
  counted: readonly CountedBatch[],
  of: (counts: CountedBatch) => number,
): { each: Each; error: number } {
  const lengths = new Set(counted.map(({ length }) => length ?? 0))
  let best: { each: Each; error: number } | null = null
  for (const powers of TERMS) {
    const distinct = powers.length <= lengths.size && (lengths.size > 1 || powers[0] === 0)
    const each = distinct ? solved(counted, of, powers) : null
    if (each === null || each.some((value) => value < 0)) continue
    const errors = counted.map((counts) => {
      const { batch, length } = counts
      const x = length ?? 0
      return relative(batch * (each[0] + x * (each[1] + x * each[2])), of(counts))
    })
    const error = Math.max(...errors)
    if (best === null || error < best.error - LEAST_GAIN) best = { each, error }
  }
  if (best === null) throw new Error('Expected a coefficient above 0')
  return best
}

/** Least squares of relative errors, by the normal equations of these powers of the length. */
function solved(
  counted: readonly CountedBatch[],
  of: (counts: CountedBatch) => number,
  powers: readonly number[],
): Each | null {
  const longest = Math.max(1, ...counted.map(({ length }) => length ?? 0))
  const rows = counted
    .map((counts) => ({ ...counts, target: of(counts) }))
    .filter(({ target }) => target > 0)
    .map(({ batch, length, target }) =>
      powers.map((power) => (batch * ((length ?? 0) / longest) ** power) / target),
    )
  if (rows.length === 0) return [0, 0, 0]
  const matrix = powers.map((_, i) => [
    ...powers.map((_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
    rows.reduce((sum, row) => sum + row[i]!, 0),
  ])
  const solution = eliminated(matrix)
  if (solution === null) return null
  const each: [number, number, number] = [0, 0, 0]
  for (const [i, power] of powers.entries()) {
    each[power] = rounded(solution[i]! / longest ** power)
  }
  return each
}

/** Solves linear equations by Gauss's elimination; null where they are not independent. */
function eliminated(matrix: number[][]): number[] | null {
  const size = matrix.length
  const scale = Math.max(...matrix.flat().map(Math.abs))
  for (let i = 0; i < size; i++) {
    const rest = matrix.slice(i)
    const pivot = i + rest.findIndex((row) => row[i] === bySize(rest, i))
    ;[matrix[i], matrix[pivot]] = [matrix[pivot]!, matrix[i]!]
    const pivotRow = matrix[i]!
    if (Math.abs(pivotRow[i]!) <= 1e-12 * scale) return null
    for (const row of matrix) {
      if (row === pivotRow) continue
      const factor = row[i]! / pivotRow[i]!
      for (let j = i; j <= size; j++) row[j] = row[j]! - factor * pivotRow[j]!
    }
  }
  return matrix.map((row, i) => row[size]! / row[i]!)
}

/** The largest element of a column by its size. */
function bySize(rows: readonly (readonly number[])[], column: number): number {
  return rows.map((row) => row[column]!).reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a))
}
