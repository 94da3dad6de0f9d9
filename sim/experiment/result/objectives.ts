import { type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Estimate, Verdict } from '../../documents/index.ts'
import {
  type CallsSummary,
  type CellSummary,
  estimate,
  noVerdictReason,
  percentileEstimate,
  supportsVerdict,
} from '../../stats/index.ts'

/** The percentiles of a scenario's objectives, for `summariseRun`: any, such as p(98). */
export function judgedPercentiles(scenario: Scenario): number[] {
  const named = Object.values(scenario.slo).flatMap((texts) =>
    texts.flatMap((text) => {
      const objective = parseObjective(text)
      return objective && objective.kind !== 'goodput' ? [objective.percentile] : []
    }),
  )
  return [...new Set(named)]
}

export function judge(
  objective: Objective,
  cells: readonly (CellSummary & { readonly calls: CallsSummary | null })[],
  percentiles: readonly number[],
) {
  const { kind } = objective
  const each = cells.map(({ counts, calls }) => (kind === 'call' ? calls!.made : counts.arrived))
  const arrived = each.reduce((sum, n) => sum + n, 0)
  const perRun = Math.min(...each)
  const values = cells.map(({ good, counts, judged, tokens, calls }) => {
    if (objective.kind === 'goodput') return good / counts.arrived
    const at = percentiles.indexOf(objective.percentile)
    if (kind === 'call') return calls!.judged[at]!
    const times = kind === 'latency' ? judged : tokens?.judged[objective.kind as 'ttft' | 'tpot']
    return times?.[at] ?? Number.NaN
  })
  const met =
    kind === 'goodput' ? estimate(values, arrived, 1) : percentileEstimate(values, arrived)
  if (objective.kind !== 'goodput' && !supportsVerdict(perRun, objective.percentile)) {
    const reason = noVerdictReason(perRun, objective.percentile, 'in each run')
    return { estimate: { reason, ...met }, verdict: 'UNDECIDED' as const }
  }
  if (met.value !== null && met.low === null) {
    const reason = 'a single run has no interval'
    return { estimate: { ...met, reason }, verdict: 'UNDECIDED' as const }
  }
  const lost = values.every((value) => value === Number.POSITIVE_INFINITY)
  return { estimate: met, verdict: lost ? ('FAIL' as const) : verdictOf(objective, met) }
}

/** PASS or FAIL only where the whole interval is on one side of the limit. */
function verdictOf(objective: Objective, { value, low, high }: Estimate): Verdict {
  if (value === null || low === null || high === null) return 'UNDECIDED'
  if (objective.kind === 'goodput') {
    if (low > objective.share || low === 1) return 'PASS'
    return high <= objective.share ? 'FAIL' : 'UNDECIDED'
  }
  if (high < objective.limitMs) return 'PASS'
  return low >= objective.limitMs ? 'FAIL' : 'UNDECIDED'
}
