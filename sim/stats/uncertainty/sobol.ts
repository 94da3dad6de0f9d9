import { hashedUniform } from '../../kernel/index.ts'
import { DIRECTIONS } from './sobol-directions.ts'

const BITS = 32

/** How many inputs a Sobol sequence can have here. */
export const MOST_DIMENSIONS = DIRECTIONS.length + 1

/** The direction numbers of a dimension, from 0, as bits of 32-bit fractions. */
function directionsOf(dimension: number): Uint32Array {
  const numbers = new Uint32Array(BITS)
  if (dimension === 0) {
    for (let i = 0; i < BITS; i++) numbers[i] = 1 << (BITS - 1 - i)
    return numbers
  }
  const [coefficients, first] = DIRECTIONS[dimension - 1]!
  const degree = first.length
  for (let i = 0; i < BITS; i++) {
    if (i < degree) {
      numbers[i] = first[i]! << (BITS - 1 - i)
      continue
    }
    // the recurrence of Bratley and Fox 1988, Algorithm 659
    let number = numbers[i - degree]! ^ (numbers[i - degree]! >>> degree)
    for (let k = 1; k < degree; k++) {
      if ((coefficients >>> (degree - 1 - k)) & 1) number ^= numbers[i - k]!
    }
    numbers[i] = number
  }
  return numbers
}

/** Point `index` of a dimension, not scrambled, as 32 bits: its first bit is the half. */
function bitsAt(directions: Uint32Array, index: number): number {
  let bits = 0
  for (let i = 0, rest = index; rest > 0; i++, rest >>>= 1) if (rest & 1) bits ^= directions[i]!
  return bits >>> 0
}

/**
 * Points `from` to `to` - 1 of the Sobol sequence (I. M. Sobol 1967) in [0, 1)^dimensions, not
 * scrambled, in the order of their indices: those of any power of two are the same set as in the
 * order of a Gray code.
 */
export function sobolPoints(dimensions: number, from: number, to: number): number[][] {
  return pointsOf(dimensions, from, to, (bits) => bits / 2 ** BITS)
}

/**
 * The same with Owen's scrambling: each is uniform in (0, 1)^dimensions, and the first 2^k of a
 * seed are as evenly spread as those that are not scrambled. At each node of the binary tree of
 * a dimension a hash of the node decides whether both halves change places (A. B. Owen 1995,
 * Randomly permuted (t, m, s)-nets and (t, s)-sequences).
 */
export function scrambledSobol(
  dimensions: number,
  from: number,
  to: number,
  seed: number,
): number[][] {
  return pointsOf(dimensions, from, to, (bits, dimension) => {
    return (scrambled(bits, seed, SCRAMBLE + dimension) + 0.5) / 2 ** BITS
  })
}

const SCRAMBLE = 0x5b1d0000

/** Where draws of nodes of different depths and seeds are apart. */
const PER_DEPTH = 0x9e3779b1

function scrambled(bits: number, seed: number, purpose: number): number {
  let result = 0
  for (let depth = 0; depth < BITS; depth++) {
    const bit = (bits >>> (BITS - 1 - depth)) & 1
    // the bits above name the node
    const above = depth === 0 ? 0 : bits >>> (BITS - depth)
    const node = (above + Math.imul(depth + 1, PER_DEPTH) + Math.imul(seed, 0x85ebca77)) | 0
    const swap = hashedUniform(node, purpose) < 0.5 ? 1 : 0
    result = (result << 1) | (bit ^ swap)
  }
  return result >>> 0
}

function pointsOf(
  dimensions: number,
  from: number,
  to: number,
  scale: (bits: number, dimension: number) => number,
): number[][] {
  if (dimensions > MOST_DIMENSIONS) {
    throw new RangeError(`Expected at most ${MOST_DIMENSIONS} dimensions, got ${dimensions}`)
  }
  const directions = Array.from({ length: dimensions }, (_, dimension) => directionsOf(dimension))
  return Array.from({ length: to - from }, (_, i) =>
    directions.map((of, dimension) => scale(bitsAt(of, from + i), dimension)),
  )
}
