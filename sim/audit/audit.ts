import type { TuningPlan } from '../serving/index.ts'
import type { ExecutorChange } from './evidence/absences.ts'
import { asRouted, inDeliveredOrder } from './evidence/delivered-order.ts'
import { type Evidence, gatherEvidence } from './evidence/evidence.ts'
import { expectedParts } from './evidence/expected-parts.ts'
import type { AuditRows, RequestColumns } from './evidence/raw-rows.ts'
import type { SettingChange } from './evidence/settings.ts'
import { Findings, type RuleReport } from './findings.ts'
import type { Promises } from './promises/promises.ts'
import { rules } from './rules/index.ts'

export interface AuditReport {
  readonly rules: readonly RuleReport[]
  /** over all rules */
  readonly violations: number
}

/** The settings whose changes the rules follow, where they were kept. */
const FOLLOWED: readonly TuningPlan['setting'][] = ['concurrency', 'kv-blocks']

/**
 * Checks the raw rows of a run, simulated or live, against every rule that a scenario promises
 * about queues and batches. It shares the plan with the control plane that made the decisions, and
 * no code that decides. A rule that simulation and live run misread in the same way is therefore
 * found.
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
  /** changes of tuned settings, in order; undefined where they were not kept */
  settings?: readonly SettingChange[],
): AuditReport {
  const views = viewsOf(promises, { rows, requests, changes, settings: settings ?? [] })
  const isFollowed = ({ setting }: TuningPlan) =>
    settings !== undefined && FOLLOWED.includes(setting)
  const tuned = (promises.tuning ?? []).filter((tuning) => !isFollowed(tuning))
  const unknown = new Set(tuned.map(({ setting }) => setting))
  const reports = rules.map(
    ({ rule, promise, on = 'deliveries', settings: needed = [], check }) => {
      const findings = new Findings(rule)
      if (needed.some((setting) => unknown.has(setting))) {
        return findings.report('not checked, as its setting changes by tuning')
      }
      for (const view of views) {
        const shows = view.delivered === null ? 'deliveries' : 'sends'
        if (views.length > 1 && on !== 'sends and deliveries' && on !== shows) continue
        findings.keys = view.keys
        check(view, findings)
      }
      return findings.report(promise)
    },
  )
  const violations = reports.reduce((sum, report) => sum + report.violations, 0)
  return { rules: reports, violations }
}

/** Where networks carry requests, one view of them as they are routed and one as delivered. */
function viewsOf(
  promises: Promises,
  run: {
    readonly rows: AuditRows
    readonly requests: RequestColumns
    readonly changes: readonly ExecutorChange[]
    readonly settings: readonly SettingChange[]
  },
): readonly Evidence[] {
  if (promises.network == null) return [gatherEvidence(promises, run)]
  const { rows, requests, changes, settings } = run
  const routed = { rows: asRouted(rows), requests, changes, settings, delivered: rows.sent }
  const expected = expectedParts(requests, promises, rows)
  const delivered = { ...inDeliveredOrder(rows, expected), requests, changes, settings }
  return [gatherEvidence(promises, routed), gatherEvidence(promises, delivered)]
}
