import type { Host } from '../../sim/documents/index.ts'
import type { CaseReport, ChangeReport } from './judge.ts'
import type { MutantRow } from './mutant-matrix.ts'
import type { PredictionStudy } from './prediction.ts'

/** What a run of the suite found: what fidelity.json holds. */
export interface FidelityReport {
  readonly host: Host
  readonly made: {
    readonly date: string
    readonly version: string
    readonly commit: string | null
    readonly quick: boolean
  }
  readonly minutes: number
  /** requests in all replays, and the SHA-256 of their files */
  readonly rows: number
  readonly checksum: string
  readonly cases: readonly CaseReport[]
  readonly changes: readonly ChangeReport[]
  readonly prediction: PredictionStudy
  readonly mutants: readonly MutantRow[]
}
