import { gatherEvidence } from './evidence/evidence.ts'
import type { AuditRows, RequestColumns } from './evidence/raw-rows.ts'
import { Findings, type RuleReport } from './findings.ts'
import type { Promises } from './promises/promises.ts'
import { rules } from './rules/index.ts'

export interface AuditReport {
  readonly rules: readonly RuleReport[]
  /** of all rules */
  readonly violations: number
}

/**
 * Looks through the raw rows of a run, of either world, for whatever a scenario promises about
 * queues and batches. It shares no code with the control plane that decided, so that a rule which
 * both worlds misread alike is seen.
 *
 * Rows do not tell in which order the events of one instant came: what some order explains is
 * right. Elsewhere every rule is exact, to the last bit of a time.
 */
export function auditRows(
  promises: Promises,
  rows: AuditRows,
  requests: RequestColumns,
): AuditReport {
  const seen = gatherEvidence(promises, rows, requests)
  const reports = rules.map(({ rule, promise, check }) => {
    const found = new Findings(rule)
    check(seen, found)
    return found.report(promise)
  })
  const violations = reports.reduce((sum, report) => sum + report.violations, 0)
  return { rules: reports, violations }
}
