import {
  auditGenerated,
  auditRows,
  BlockWitness,
  type GeneratedColumns,
} from '../sim/audit/index.ts'
import { watchAgain } from '../sim/experiment/index.ts'
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

/** What the audit finds wrong with the answers and blocks of a replay that generates. */
export function generatedFaults(
  plan: ServingPlan,
  requests: RequestList,
  run: {
    readonly rows: Rows
    readonly journal: Float64Array
    readonly generated?: GeneratedColumns
  },
): readonly string[] {
  const witness = watchAgain(plan, requests, run, () => new BlockWitness())
  if (witness === null) return ['the decision log leads to other rows']
  const reports = auditGenerated(run.rows.columns, run.generated!, witness)
  return reports.flatMap(({ first }) => first.map(({ rule, text }) => `${rule}: ${text}`))
}
