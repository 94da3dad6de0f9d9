import type { CaseReport, ChangeReport } from '../fidelity/judge.ts'
import type { MutantRow } from '../fidelity/mutant-matrix.ts'

/** What a run of the suite of generation found. */
export interface GenerationReport {
  readonly minutes: number
  /** requests and tokens in all replays */
  readonly rows: number
  readonly tokens: number
  readonly cases: readonly CaseReport[]
  readonly changes: readonly ChangeReport[]
  readonly mutants: readonly MutantRow[]
}
