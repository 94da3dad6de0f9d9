import type { ExecutorChange } from './evidence/absences.ts'
import { gatherEvidence } from './evidence/evidence.ts'
import type { AuditRows, RequestColumns } from './evidence/raw-rows.ts'
import { Findings, type RuleReport } from './findings.ts'
import type { Promises } from './promises/promises.ts'
import { rules } from './rules/index.ts'

export interface AuditReport {
  readonly rules: readonly RuleReport[]
  /** over all rules */
  readonly violations: number
}

/** The rules that depend on a setting that may be tuned, by its last key. */
const DECIDED_BY: Readonly<Record<string, readonly string[]>> = Object.freeze({
  max_batch: ['preferred-size', 'delay', 'idle'],
  max_delay_ms: ['preferred-size', 'delay', 'idle'],
  limit: ['concurrency'],
  threshold_tokens: ['routing'],
})

/**
 * Checks the raw rows of a run, simulated or live, against every rule that a scenario promises
 * about queues and batches. It shares no code with the control plane that made the decisions. A
 * rule that simulation and live run misread in the same way is therefore found.
 *
 * Rows do not show the order of events at one instant: a decision is right if any order explains
 * it. Otherwise every rule is exact, to the last bit of a time.
 */
export function auditRows(
  promises: Promises,
  rows: AuditRows,
  requests: RequestColumns,
  /** executors that came or went, in order; none where all ran all the time */
  changes: readonly ExecutorChange[] = [],
): AuditReport {
  const seen = gatherEvidence(promises, { rows, requests, changes })
  const unknown = new Set((promises.tuned ?? []).flatMap((key) => DECIDED_BY[key] ?? []))
  const reports = rules.map(({ rule, promise, check }) => {
    const found = new Findings(rule)
    if (unknown.has(rule)) return found.report('not checked, as its setting changes by tuning')
    check(seen, found)
    return found.report(promise)
  })
  const violations = reports.reduce((sum, report) => sum + report.violations, 0)
  return { rules: reports, violations }
}
