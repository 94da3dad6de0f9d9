import { auditRows } from '../sim/audit/index.ts'
import type { ServingPlan } from '../sim/serving/index.ts'
import type { Rows, SettingChange } from '../sim/stats/index.ts'
import type { RequestList } from '../sim/traffic/index.ts'

/** Throws if the audit finds a violation in a run, and names the rows. */
export function expectPromisesKept(run: {
  readonly plan: ServingPlan
  readonly requests: RequestList
  readonly rows: Rows
  /** changes of tuned settings; undefined where they are not known */
  readonly settings?: readonly SettingChange[] | undefined
}): void {
  const { plan, rows, requests, settings } = run
  const { rules, violations } = auditRows(plan, rows.columns, requests.columns, [], settings)
  if (violations === 0) return
  const first = rules.flatMap((report) => report.first.map(({ rule, text }) => `${rule}: ${text}`))
  throw new Error(`Expected a run that keeps every promise\n${first.join('\n')}`)
}
