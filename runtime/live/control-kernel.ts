import { median } from 'simple-statistics'
import type { Ms } from '../../sim/serving/index.ts'

/** Side of the matrices: a product takes about 1 ms on an ordinary core, within its L2 cache. */
const SIDE = 126
/** Products until V8 has compiled the loops for good, counted in each thread. */
const WARM_UP_PRODUCTS = 200

// small whole numbers: the product is exact, so its checksum is the same on every machine
const left = Float64Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 7) % 11) - 5)
const right = Float64Array.from({ length: SIDE * SIDE }, (_, i) => ((i * 5) % 13) - 6)
const product = new Float64Array(SIDE * SIDE)
let products = 0

export interface ControlTimes {
  readonly medianMs: Ms
  /** of each repetition, in their order */
  readonly ms: Float64Array
  /** of the last product: an optimiser cannot leave out a result that is used */
  readonly checksum: number
}

/**
 * Times a fixed piece of work `repetitions` times in the calling thread. Its times change with the
 * speed of the core only, so they tell drift of a machine from a change of what is measured on it.
 */
export function timeControlKernel(repetitions: number): ControlTimes {
  const ms = new Float64Array(repetitions)
  while (products < WARM_UP_PRODUCTS) multiply()
  let checksum = 0
  for (let i = 0; i < repetitions; i++) {
    const from = performance.now()
    multiply()
    ms[i] = performance.now() - from
    checksum = checksumOf(product)
  }
  return { medianMs: median([...ms]), ms, checksum }
}

/** Allocates nothing. */
function multiply(): void {
  product.fill(0)
  for (let row = 0; row < SIDE; row++) {
    for (let k = 0; k < SIDE; k++) addRow(row * SIDE, left[row * SIDE + k]!, k * SIDE)
  }
  products++
}

/** Apart, since V8 compiles three loops in one function to slower code in some threads. */
function addRow(to: number, factor: number, from: number): void {
  for (let j = 0; j < SIDE; j++) product[to + j]! += factor * right[from + j]!
}

/** The place of an element is its weight, so that elements cannot be exchanged unseen. */
function checksumOf(values: Float64Array): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (i + 1) * values[i]!
  return sum
}
