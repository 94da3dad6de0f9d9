import type { Bytes } from '../../sim/memory/index.ts'
import type { Shape } from './arena-log.ts'

/** Terms of sizes. If the shapes cannot tell two terms apart, the earlier one is used. */
const TERMS: readonly (readonly [keyof Bytes, (b: number, l: number) => number])[] = [
  ['fixed', () => 1],
  ['perItem', (b) => b],
  ['perToken', (b, l) => b * l],
  ['perLength', (_, l) => l],
  ['perTokenSquared', (b, l) => b * l * l],
]

/** Coefficients are multiples of this: whole bytes, or fractions if lengths are strided. */
const GRAIN = 1 / 1024

const NOTHING: Bytes = { fixed: 0, perLength: 0, perItem: 0, perToken: 0, perTokenSquared: 0 }

/**
 * Sizes of buffers as polynomials of batch and length, from their sizes in runs of some shapes.
 * There must be more shapes than distinguishable terms: the others check the fit.
 */
export class BytesFit {
  readonly #shapes: readonly Shape[]
  /** the terms that these shapes can tell apart */
  readonly #terms: typeof TERMS
  readonly #fits = new Map<string, Bytes | null>()

  constructor(shapes: readonly Shape[]) {
    this.#shapes = shapes
    const columns: number[][] = []
    this.#terms = TERMS.filter(([, term]) => {
      const column = shapes.map(([b, l]) => term(b, l))
      const rest = columns.reduce((left, direction) => without(left, direction), column)
      if (dot(rest, rest) < 1e-9 * dot(column, column)) return false
      columns.push(rest)
      return true
    })
    if (this.#terms.length >= shapes.length) {
      throw new Error(`Expected more than ${this.#terms.length} shapes, got ${shapes.length}`)
    }
  }

  /** Null if no polynomial gives exactly these sizes. */
  of(sizes: readonly number[]): Bytes | null {
    const key = sizes.join()
    const cached = this.#fits.get(key)
    if (cached !== undefined) return cached
    const fitted = this.#fitted(sizes)
    this.#fits.set(key, fitted)
    return fitted
  }

  #fitted(sizes: readonly number[]): Bytes | null {
    const rows = this.#shapes.map(([b, l]) => this.#terms.map(([, term]) => term(b, l)))
    const coefficients = leastSquares(rows, sizes)
    const bytes: Bytes = { ...NOTHING }
    for (const [i, [name]] of this.#terms.entries()) {
      Object.assign(bytes, { [name]: Math.round(coefficients[i]! / GRAIN) * GRAIN + 0 })
    }
    const exact = this.#shapes.every(([b, l], i) => sizeAt(bytes, b, l) === sizes[i])
    return exact ? bytes : null
  }
}

const sizeAt = (bytes: Bytes, b: number, l: number) =>
  TERMS.reduce((sum, [name, term]) => sum + bytes[name] * term(b, l), 0)

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** A vector without its component along another vector. */
function without(vector: readonly number[], along: readonly number[]): number[] {
  const share = dot(vector, along) / dot(along, along)
  return vector.map((value, i) => value - share * along[i]!)
}

/** Least squares by modified Gram–Schmidt. */
function leastSquares(rows: readonly (readonly number[])[], target: readonly number[]): number[] {
  const count = rows[0]!.length
  const columns = Array.from({ length: count }, (_, j) => rows.map((row) => row[j]!))
  const basis: number[][] = []
  const upper = columns.map((column) => {
    let rest = column
    const shares = basis.map((direction) => {
      const share = dot(rest, direction)
      rest = rest.map((value, i) => value - share * direction[i]!)
      return share
    })
    const norm = Math.sqrt(dot(rest, rest))
    basis.push(rest.map((value) => value / norm))
    return [...shares, norm]
  })
  let left = [...target]
  const projected = basis.map((direction) => {
    const share = dot(left, direction)
    left = left.map((value, i) => value - share * direction[i]!)
    return share
  })
  const solution = new Array<number>(count).fill(0)
  for (let j = count - 1; j >= 0; j--) {
    let value = projected[j]!
    for (let k = j + 1; k < count; k++) value -= upper[k]![j]! * solution[k]!
    solution[j] = value / upper[j]![j]!
  }
  return solution
}
