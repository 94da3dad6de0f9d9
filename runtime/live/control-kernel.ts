import { median } from 'simple-statistics'
import type { Ms } from '../../sim/serving/index.ts'

/** Side of the matrices: a product takes about 1 ms on an ordinary core, within its L2 cache. */
const SIDE = 120
/** Products until V8 has compiled the loops for good, counted in each thread. */
const WARM_UPS = 200

/** Small whole numbers: the product is exact, so its checksum is the same on every machine. */
function matrices() {
  return {
    left: Float64Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 7) % 11) - 5),
    /** transposed */
    right: Float64Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 5) % 13) - 6),
    product: new Float64Array(SIDE * SIDE),
  }
}

/** On an executor, of about 1 ms each; a stall within one of them does not move their median. */
export const EXECUTOR_REPETITIONS = 60

let warmUps = 0

export interface ControlTimes {
  readonly medianMs: Ms
  /** of each repetition, in their order */
  readonly ms: Float64Array
  /** of the last product: an optimiser cannot leave out a result that is used */
  readonly checksum: number
}

/** A clock of the calling thread. */
export interface KernelClock {
  now(): Ms
}

/**
 * Times a fixed piece of work `repetitions` times in the calling thread. Its times change with the
 * speed of the core only, so they tell drift of a machine from a change of what is measured on it.
 */
export function timeControlKernel(
  repetitions: number,
  clock: KernelClock = performance,
): ControlTimes {
  const ms = new Float64Array(repetitions)
  const { left, right, product } = matrices()
  for (; warmUps < WARM_UPS; warmUps++) multiply(left, right, product, SIDE)
  let checksum = 0
  for (let i = 0; i < repetitions; i++) {
    const from = clock.now()
    multiply(left, right, product, SIDE)
    ms[i] = clock.now() - from
    checksum = checksumOf(product)
  }
  return { medianMs: median([...ms]), ms, checksum }
}

/**
 * Allocates nothing. Its arrays are arguments, made by each `timeControlKernel`: how fast V8 reads
 * constants of a module depends on how often the kernel ran before, and on the bundle, by a factor
 * of two to three.
 */
function multiply(a: Float64Array, b: Float64Array, to: Float64Array, side: number): void {
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      to[row * side + column] = dot(a, row * side, b, column * side, side)
    }
  }
}

/** Four sums: with a single one each addition waits for the one before, and nothing else counts. */
function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, side: number): number {
  let first = 0
  let second = 0
  let third = 0
  let fourth = 0
  for (let k = 0; k < side; k += 4) {
    first += a[atA + k]! * b[atB + k]!
    second += a[atA + k + 1]! * b[atB + k + 1]!
    third += a[atA + k + 2]! * b[atB + k + 2]!
    fourth += a[atA + k + 3]! * b[atB + k + 3]!
  }
  return first + second + third + fourth
}

/** The place of an element is its weight, so that elements cannot be exchanged unseen. */
function checksumOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (i + 1) * values[i]!
  return sum
}
