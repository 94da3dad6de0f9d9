import type { Random } from '../../../sim/kernel/index.ts'
import type { Tree } from '../corpus.ts'
import type { FuzzInput } from '../input.ts'
import type { Donors } from '../mutate-tree.ts'

/** Material that inputs are made from. */
export interface Material {
  /** folder of files that every input receives */
  readonly stock: string
  readonly scenarios: readonly Tree[]
  /** parts of those scenarios */
  readonly donors: Donors
}

/** One kind of mutated input. */
export interface Kind {
  readonly name: string
  /** share of all inputs, relative to other kinds */
  readonly weight: number
  readonly make: (random: Random, material: Material) => FuzzInput
}
