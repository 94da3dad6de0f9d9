import type { Evidence } from './evidence/evidence.ts'
import type { Findings } from './findings.ts'

/** A promise, and the check of whether a run kept it. */
export interface Rule {
  readonly rule: string
  /** in words, at most 90 characters: a cell of a table */
  readonly promise: string
  check(seen: Evidence, found: Findings): void
}
