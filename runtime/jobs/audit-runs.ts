import type { Scenario } from '../../scenarios/index.ts'
import {
  auditGenerated,
  auditRows,
  BlockWitness,
  type ExactPercentiles,
  exactCalls,
  exactPercentiles,
  exactTokenTimes,
  promisesOf,
  type RuleReport,
} from '../../sim/audit/index.ts'
import type { Audit, Comparison } from '../../sim/documents/index.ts'
import { clientSystem, feedBack, feedbackDifferences } from '../../sim/experiment/index.ts'
import { hasTokens, livePlan, type ServingPlan } from '../../sim/serving/index.ts'
import { PERCENTILES, supports } from '../../sim/stats/index.ts'
import { type RequestList, reactingClasses, requestsIn } from '../../sim/traffic/index.ts'
import type { KeptRun, RunKind } from '../folders/run-folder.ts'
import { auditTokens, type DecoderFiles, type TokensOf } from './audit-tokens.ts'
import type { JobOptions } from './options.ts'

export type RunAudit = Audit['runs'][number]

/** What the runs of a folder share. */
interface RunsOf {
  readonly scenario: Scenario
  readonly plan: ServingPlan
  readonly kind: RunKind
  readonly requests: RequestList
}

/** Audits the raw rows of one run: rules, exact percentiles and the decision log fed back. */
export function auditRun(name: string, run: KeptRun, of: RunsOf): RunAudit {
  const { scenario } = of
  // reacting clients send other requests in every run
  const reacting = reactingClasses(scenario).length > 0
  const requests = reacting ? requestsIn(run.rows) : of.requests
  const { columns, count } = run.rows
  const { changes, settings } = run
  const promises = promisesOf(scenario)
  const audited = auditRows(promises, columns, requests.columns, changes, settings)
  const { journal, engines } = decisionLogAudit(run, { ...of, requests })
  const seen = of.plan.pools.some(hasTokens) ? [...OF_CLIENTS, 'tokens'] : OF_CLIENTS
  const rules = [...audited.rules, ...engines].map((rule) =>
    run.connections === undefined ? documented(rule) : seenByClients(rule, seen),
  )
  const warmupMs = scenario.warmup_s * 1000
  const levels = PERCENTILES
  const stated = (n: number, values: readonly number[]) =>
    levels.map((p, j) => ({ p, value: supports(n, p) ? values[j]! : null }))
  const classes = [null, ...scenario.traffic.map((traffic) => traffic.class)]
  const optionsOf = (i: number) => ({ warmupMs, levels, ...(i > 0 && { class: i - 1 }) })
  const delaysMs = scenario.traffic.map((traffic) => traffic.first_token_delay_ms ?? 0)
  return {
    run: name,
    requests: count,
    rules,
    percentiles: classes.map((label, i) => {
      const { n, values } = exactPercentiles(columns, optionsOf(i))
      return { class: label, n, values: stated(n, values) }
    }),
    tokens: !of.plan.pools.some(hasTokens)
      ? []
      : classes.map((label, i) => {
          const { ttft, tpot } = exactTokenTimes(columns, { ...optionsOf(i), delaysMs })
          const times = ({ n, values }: ExactPercentiles) => ({ n, values: stated(n, values) })
          return { class: label, ttft: times(ttft), tpot: times(tpot) }
        }),
    calls: scenario.traffic.map((traffic, i) => {
      const { made, answered, values } = exactCalls(columns, { warmupMs, levels, class: i })
      return { class: traffic.class, made, answered, values: stated(answered, values) }
    }),
    journal,
  }
}

const documented = (rule: RuleReport): RunAudit['rules'][number] => ({
  ...rule,
  first: rule.first.map((violation) => ({ ...violation, rows: [...violation.rows] })),
})

/** Rules that rows show where a server queues and forms batches. */
const OF_CLIENTS: readonly string[] = [
  'conservation',
  'client-timeout',
  'models',
  'routing',
  'fan-out',
  'copies',
  'capped-sends',
  'client-retries',
  'networks',
]

/** A rule that connections have kept says nothing of the server behind them. */
function seenByClients(report: RuleReport, seen: readonly string[]): RunAudit['rules'][number] {
  const rule = documented(report)
  if (seen.includes(rule.rule) || rule.violations > 0) return rule
  return { ...rule, checked: 0, not_seen: true }
}

/** The audit of a run with that of its answers, where it generates. */
export async function withAnswers(
  audit: RunAudit,
  { rows, generated }: KeptRun,
  { mostTokens, ...of }: TokensOf & { mostTokens?: number },
): Promise<RunAudit> {
  if (generated === undefined) return audit
  const rule = await auditTokens({ rows, generated }, of, mostTokens)
  return { ...audit, rules: [...audit.rules, documented(rule)] }
}

/** The decision log fed back, and what it shows of executors that generate. */
function decisionLogAudit(
  { rows, journal, generated }: KeptRun,
  of: RunsOf,
): Pick<RunAudit, 'journal'> & { readonly engines: readonly RuleReport[] } {
  if (journal.length === 0) return { journal: null, engines: [] }
  const plan = of.kind === 'replay' ? livePlan(of.plan) : of.plan
  const { columns } = rows
  const witness = new BlockWitness()
  const again = feedBack(plan, of.requests, journal, columns.copyOf, () => witness)
  const streams = plan.pools.some((pool) => pool.streams === true)
  const differences = [...feedbackDifferences(rows, again, { streams })]
  const engines = generated === undefined ? [] : auditGenerated(columns, generated, witness)
  return { journal: { entries: again.entries, differences }, engines }
}

const plural = (n: number, noun: string) =>
  `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`

/** The verdict on audits and the figures of documents, in a line. */
export function auditVerdict(
  runs: readonly RunAudit[],
  claims: Audit['claims'] = [],
): Pick<Audit, 'verdict' | 'reason'> {
  const wrong = claims.filter(({ holds }) => !holds)
  const faults = [
    ...runs.flatMap(faultsOf),
    ...[...new Set(wrong.map(({ document }) => document))].map((document) => {
      const of = wrong.filter((claim) => claim.document === document).length
      return `${document} states ${plural(of, 'figure')} that the rows do not give`
    }),
  ]
  if (faults.length > 0) return { verdict: 'FAIL', reason: faults.join('; ') }
  const all = runs[0]?.rules ?? []
  const unseen = all.filter(({ not_seen }) => not_seen).length
  const rules = plural(all.length - unseen, 'rule')
  const hidden = unseen === 0 ? '' : `, ${plural(unseen, 'rule')} of its server not seen`
  const kept = runs.filter(({ journal }) => journal !== null).length
  const logs =
    kept === 0
      ? 'no decision log was kept'
      : `${plural(kept, 'decision log')} fed back to the same decisions`
  return {
    verdict: 'PASS',
    reason: `${rules} kept by every row of ${plural(runs.length, 'run')}${hidden}; ${logs}`,
  }
}

function faultsOf({ run, rules, journal }: RunAudit): string[] {
  const broken = rules.filter(({ violations }) => violations > 0)
  const list = broken.map(
    ({ rule, violations }) => `${rule} (${violations.toLocaleString('en-US')})`,
  )
  const faults = list.length === 0 ? [] : [`${run} breaks ${list.join(', ')}`]
  if (journal === null || journal.differences.length === 0) return faults
  return [...faults, `the decision log of ${run} leads to other decisions`]
}

/** Most tokens of a side that a comparison recomputes; `audit` recomputes all. */
const SHORT_AUDIT = 6000

/** The audit of all replays of a comparison's sides, as one of its checks. */
export async function auditCheck(
  sides: readonly {
    /** default: A, B */
    readonly name?: string
    readonly system: { readonly scenario: Scenario; readonly plan: ServingPlan } & DecoderFiles
    readonly requests: RequestList
    readonly replays: { readonly runs: readonly KeptRun[] }
  }[],
  options: JobOptions = {},
): Promise<Comparison['checks']['audit']> {
  const audits: RunAudit[] = []
  for (const [i, { name, system, requests, replays }] of sides.entries()) {
    const side = sides.length > 1 ? `${name ?? 'AB'[i]} ` : ''
    const { scenario, plan } = clientSystem(system)
    const { directory, contents } = system
    const files = { directory, contents }
    const of = { scenario, plan, kind: 'replay', requests } as const
    for (const [j, run] of replays.runs.entries()) {
      const audit = auditRun(`${side}replay-${j + 1}`, run, of)
      const mostTokens = SHORT_AUDIT / replays.runs.length
      audits.push(await withAnswers(audit, run, { scenario, plan, files, ...options, mostTokens }))
    }
  }
  return { ...auditVerdict(audits), worst: null }
}
