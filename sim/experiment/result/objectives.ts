import { type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Estimate, Result, Verdict } from '../../documents/index.ts'
import {
  type CallsSummary,
  type CellSummary,
  estimate,
  neededForVerdict,
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

/** The runs that an objective is judged on. */
export interface JudgedRuns {
  readonly cells: readonly (CellSummary & { readonly calls: CallsSummary | null })[]
  /** of `judged` in the cells */
  readonly percentiles: readonly number[]
  /** replications that are the same are one exact result */
  readonly exact: boolean
  readonly duration_s: number
  readonly warmup_s: number
}

type Judged = Pick<Result['objectives'][number], 'estimate' | 'verdict' | 'deciding_duration_s'>

/**
 * PASS and FAIL need an interval that is wholly on one side of the limit. PASS needs as many
 * requests as the percentile does, FAIL does not: a percentile of few requests comes out too low.
 */
export function judge(objective: Objective, runs: JudgedRuns): Judged {
  const { cells, exact } = runs
  const { kind } = objective
  const each = cells.map(({ counts, calls }) => (kind === 'call' ? calls!.made : counts.arrived))
  const arrived = each.reduce((sum, n) => sum + n, 0)
  const perRun = Math.min(...each)
  const values = valuesOf(objective, runs)
  const found =
    kind === 'goodput' ? estimate(values, arrived, 1) : percentileEstimate(values, arrived)
  const undecided = (reason: string | null, times: number | null): Judged => ({
    estimate: reason === null ? found : { reason, ...found },
    verdict: 'UNDECIDED',
    deciding_duration_s: times === null ? null : longer(runs, times),
  })
  const lost = values.every((value) => value === Number.POSITIVE_INFINITY)
  const verdict = lost ? 'FAIL' : verdictOf(objective, found)
  const decided: Judged = { estimate: found, verdict, deciding_duration_s: null }
  if (verdict === 'FAIL' || exact) return decided
  if (objective.kind !== 'goodput' && !supportsVerdict(perRun, objective.percentile)) {
    const reason = noVerdictReason(perRun, objective.percentile, 'in each run')
    return undecided(reason, neededForVerdict(objective.percentile) / perRun)
  }
  if (found.value !== null && found.low === null) {
    return undecided('a single run has no interval', null)
  }
  if (verdict === 'PASS' || found.value === null) return decided
  return undecided('its interval holds the limit', timesToDecide(objective, found))
}

/** What each run has for an objective: a percentile, ms, or a share. */
function valuesOf(objective: Objective, { cells, percentiles }: JudgedRuns): number[] {
  return cells.map(({ good, counts, judged, tokens, calls }) => {
    if (objective.kind === 'goodput') return good / counts.arrived
    const at = percentiles.indexOf(objective.percentile)
    if (objective.kind === 'call') return calls!.judged[at]!
    const times = objective.kind === 'latency' ? judged : tokens?.judged[objective.kind]
    return times?.[at] ?? Number.NaN
  })
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

/** No advice for more than this many times the traffic. */
const MOST_TIMES = 1000

/**
 * How many times the traffic would take the limit out of the interval, as its width falls with the
 * root of the traffic; null where that is no advice.
 */
function timesToDecide(objective: Objective, { value, low, high }: Estimate): number | null {
  if (value === null || low === null || high === null) return null
  const limit = objective.kind === 'goodput' ? objective.share : objective.limitMs
  const reach = limit < value ? value - low : high - value
  const times = (reach / (limit - value)) ** 2
  return times <= MOST_TIMES ? times : null
}

/** The duration of that much more traffic, rounded up to two digits, s. */
function longer({ duration_s, warmup_s }: JudgedRuns, times: number): number | null {
  const seconds = warmup_s + times * (duration_s - warmup_s)
  if (!(times <= MOST_TIMES)) return null
  const digit = 10 ** (Math.floor(Math.log10(seconds)) - 1)
  return Number((Math.ceil(seconds / digit) * digit).toPrecision(2))
}
