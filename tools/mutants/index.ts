import { BATCHING_MUTANTS } from './batching.ts'
import { DISPATCHER_MUTANTS } from './dispatcher.ts'
import { MACHINE_MUTANTS } from './machine.ts'
import type { Mutant } from './mutant.ts'
import { WORK_MUTANTS } from './work.ts'

export { GENERATION_MUTANTS } from './generation.ts'
export { largestError, type MatrixRow, type MutantCase, matrix } from './matrix.ts'
export {
  canRun,
  type Mutant,
  type MutantContext,
  runMutated,
  TRUE_SIMULATOR,
} from './mutant.ts'

/** Deliberately wrong simulators: some check of some scenario must detect each of them. */
export const MUTANTS: readonly Mutant[] = [
  ...BATCHING_MUTANTS,
  ...WORK_MUTANTS,
  ...DISPATCHER_MUTANTS,
  ...MACHINE_MUTANTS,
]
