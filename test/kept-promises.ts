import { auditRows } from '../sim/audit/index.ts'
import type { ServingPlan } from '../sim/serving/index.ts'
import type { Rows } from '../sim/stats/index.ts'
import type { RequestList } from '../sim/traffic/index.ts'

/** Throws if the audit finds a violation in a run, and names the rows. */
export function expectPromisesKept(run: {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly rows: Rows
}): void {
  const { rules, violations } = auditRows(run.plan, run.rows.columns, run.requests.columns)
  if (violations === 0) return
  const first = rules.flatMap((report) => report.first.map(({ rule, text }) => `${rule}: ${text}`))
  throw new Error(`Expected a run that keeps every promise\n${first.join('\n')}`)
}
