import type { Bytes } from '../../sim/memory/index.ts'
import type { Shape } from './arena-log.ts'

/** What sizes are made of; of terms that shapes cannot tell apart the earlier one is taken. */
const TERMS: readonly (readonly [keyof Bytes, (b: number, l: number) => number])[] = [
  ['fixed', () => 1],
  ['perItem', (b) => b],
  ['perToken', (b, l) => b * l],
  ['perLength', (_, l) => l],
  ['perTokenSquared', (b, l) => b * l * l],
]

/** Coefficients are multiples of this: whole bytes, or a part of them where lengths are strided. */
const GRAIN = 1 / 1024

const NOTHING: Bytes = Object.freeze({
  fixed: 0,
  perLength: 0,
  perItem: 0,
  perToken: 0,
  perTokenSquared: 0,
})

/**
 * Sizes of buffers as polynomials of batch and length, by their sizes in runs of some shapes. There
 * must be more shapes than terms that they tell apart: what remains is the check.
 */
export class BytesFit {
  readonly #shapes: readonly Shape[]
  /** those that these shapes tell apart */
  readonly #terms: typeof TERMS
  readonly #known = new Map<string, Bytes | null>()

  constructor(shapes: readonly Shape[]) {
    this.#shapes = shapes
    const columns: number[][] = []
    this.#terms = TERMS.filter(([, term]) => {
      const column = shapes.map(([b, l]) => term(b, l))
      const rest = columns.reduce((left, one) => without(left, one), column)
      if (dot(rest, rest) < 1e-9 * dot(column, column)) return false
      columns.push(rest)
      return true
    })
    if (this.#terms.length >= shapes.length) {
      throw new Error(`Expected more than ${this.#terms.length} shapes, got ${shapes.length}`)
    }
  }

  /** Null where no polynomial gives these sizes, each to the byte. */
  of(sizes: readonly number[]): Bytes | null {
    const key = sizes.join()
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const fitted = this.#fitted(sizes)
    this.#known.set(key, fitted)
    return fitted
  }

  #fitted(sizes: readonly number[]): Bytes | null {
    const rows = this.#shapes.map(([b, l]) => this.#terms.map(([, term]) => term(b, l)))
    const found = leastSquares(rows, sizes)
    const bytes: Bytes = { ...NOTHING }
    for (const [i, [name]] of this.#terms.entries()) {
      Object.assign(bytes, { [name]: Math.round(found[i]! / GRAIN) * GRAIN + 0 })
    }
    const exact = this.#shapes.every(([b, l], i) => sizeAt(bytes, b, l) === sizes[i])
    return exact ? bytes : null
  }
}

const sizeAt = (bytes: Bytes, b: number, l: number) =>
  TERMS.reduce((sum, [name, term]) => sum + bytes[name] * term(b, l), 0)

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/** A vector less its part along another. */
function without(vector: readonly number[], along: readonly number[]): number[] {
  const share = dot(vector, along) / dot(along, along)
  return vector.map((value, i) => value - share * along[i]!)
}

/** By modified Gram–Schmidt. */
function leastSquares(rows: readonly (readonly number[])[], target: readonly number[]): number[] {
  const count = rows[0]!.length
  const columns = Array.from({ length: count }, (_, j) => rows.map((row) => row[j]!))
  const basis: number[][] = []
  const upper = columns.map((column) => {
    let rest = column
    const shares = basis.map((one) => {
      const share = dot(rest, one)
      rest = rest.map((value, i) => value - share * one[i]!)
      return share
    })
    const norm = Math.sqrt(dot(rest, rest))
    basis.push(rest.map((value) => value / norm))
    return [...shares, norm]
  })
  let left = [...target]
  const projected = basis.map((one) => {
    const share = dot(left, one)
    left = left.map((value, i) => value - share * one[i]!)
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
