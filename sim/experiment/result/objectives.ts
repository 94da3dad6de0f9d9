import { isTimed, type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Estimate, Result, Verdict } from '../../documents/index.ts'
import { significant } from '../../kernel/index.ts'
import {
  type Exceedance,
  estimate,
  exceedance,
  exceedanceOf,
  Histogram,
  type JudgedCell,
  type JudgedFigure,
  type JudgedTail,
  judgedFigures,
  judgedTails,
  neededForUpper,
  neededForVerdict,
  noVerdictReason,
  percentileEstimate,
  type RunTail,
  supportsVerdict,
  type WindowFigure,
  windowObjectives,
} from '../../stats/index.ts'
import { periodS } from '../../traffic/index.ts'
import { costOf } from '../configuration/cost.ts'
import { paidReplicas } from '../configuration/paid-replicas.ts'
import type { CallsSummary } from '../figures/calls.ts'
import type { JudgedRunSummary } from '../figures/run-summary.ts'

/** What a run has for an objective. */
export interface ObjectiveFigure extends Pick<WindowFigure, 'value' | 'n'> {
  /** null where no few requests can pass it */
  readonly upper: number | null
  /** of a whole run that has few requests for the percentile */
  readonly tail: RunTail | null
}

/** How the runs were made that objectives are judged on. */
export interface JudgedRuns {
  /** replications that are the same are one exact result */
  readonly exact: boolean
  readonly duration_s: number
  readonly warmup_s: number
  /** whether longer ones would have more of the same traffic */
  readonly goOnAlike: boolean
}

/** How the runs of a scenario are made that its objectives are judged on. */
export function judgedRuns(scenario: Scenario, exact: boolean): JudgedRuns {
  const { duration_s, warmup_s, traffic } = scenario
  const goOnAlike = traffic.every(({ arrivals }) => periodS(arrivals) <= duration_s)
  return { exact, duration_s, warmup_s, goOnAlike }
}

type Judged = Result['objectives'][number]

/** What each objective of a scenario is judged on in one run, class by class. */
export function objectiveFigures(scenario: Scenario, run: JudgedRunSummary): ObjectiveFigure[] {
  const tails = judgedTails(scenario)
  return scenario.traffic.flatMap((traffic, i) => {
    const texts = scenario.slo[traffic.class] ?? []
    const forWindows = windowObjectives(texts).map(({ text }) => text)
    return texts.map((text) => {
      const at = forWindows.indexOf(text)
      if (at >= 0) return { ...run.worst.objectives[i]![at]!, tail: null }
      const objective = parseObjective(text)!
      if (objective.kind === 'cost') {
        const served = run.classes.reduce((sum, { inTraffic }) => sum + inTraffic.served, 0)
        return costFigure(scenario, served, paidReplicas(scenario, run))
      }
      const cell = { ...run.classes[i]!, calls: run.calls[i] ?? null }
      return wholeRun(objective, cell, tails)
    })
  })
}

/**
 * Cost of a million requests of a run that served so many while its traffic lasted; NaN where a
 * pool has no price. Gets the mean number of paid replicas of each pool.
 */
export function costFigure(
  scenario: Scenario,
  served: number,
  replicas: readonly number[],
): ObjectiveFigure {
  const rps = served / (scenario.duration_s - scenario.warmup_s)
  const value = costOf(scenario, [rps], [], [replicas])?.usd_per_million.value ?? Number.NaN
  return { value, n: served, upper: null, tail: null }
}

/** Every objective of a scenario; `each`: of each run its `objectiveFigures`. */
export function judgeAll(
  { traffic, slo }: Pick<Scenario, 'traffic' | 'slo'>,
  each: readonly (readonly ObjectiveFigure[])[],
  runs: JudgedRuns,
): Judged[] {
  const stated = traffic.flatMap(({ class: name }) =>
    (slo[name] ?? []).map((text) => ({ class: name, text })),
  )
  return stated.map((one, i) => ({
    ...one,
    ...judge(
      parseObjective(one.text)!,
      each.map((figures) => figures[i]!),
      runs,
    ),
  }))
}

/**
 * PASS and FAIL need an interval that is wholly on one side of the limit, and as many requests as
 * the percentile does. With fewer, a percentile comes out too low, so FAIL is safe over a run; what
 * it leaves open is judged by the share of requests beyond the limit. The largest of several
 * windows may be too low or too high: too low where one window is worse than all others. So in
 * windows FAIL needs as many, and PASS with fewer is by `upper`, which is never too low.
 */
export function judge(
  objective: Objective,
  each: readonly ObjectiveFigure[],
  runs: JudgedRuns,
): Omit<Judged, 'class' | 'text'> {
  const arrived = each.reduce((sum, { n }) => sum + n, 0)
  const perRun = Math.min(...each.map(({ n }) => n))
  const values = each.map(({ value }) => value)
  const timed = isTimed(objective)
  const most = objective.kind === 'goodput' ? 1 : Number.POSITIVE_INFINITY
  const found = timed ? percentileEstimate(values, arrived) : estimate(values, arrived, most)
  const undecided = (reason: string, times: number | null) => ({
    estimate: { reason, ...found },
    tail: null,
    verdict: 'UNDECIDED' as const,
    deciding_duration_s: times === null ? null : longer(runs, times),
  })
  const lost = values.every((value) => value === Number.POSITIVE_INFINITY)
  const verdict = lost ? 'FAIL' : verdictOf(objective, found)
  const decided = { estimate: found, tail: null, verdict, deciding_duration_s: null }
  const ofWindow = timed && objective.window_s !== null
  if (runs.exact || (verdict === 'FAIL' && !ofWindow)) return decided
  if (timed && !supportsVerdict(perRun, objective.percentile)) {
    const { percentile, window_s } = objective
    if (window_s === null) {
      const share = shareBeyond(percentile, each)
      if (share !== null) return byShare(share, { percentile, found, runs })
      const reason = noVerdictReason(perRun, percentile, 'in each run')
      return undecided(reason, neededForVerdict(percentile) / perRun)
    }
    const uppers = each.map(({ upper }) => upper!)
    const above = percentileEstimate(uppers, arrived)
    if (verdict === 'PASS' && verdictOf(objective, above) === 'PASS') return decided
    const reason = noVerdictReason(perRun, percentile, 'in each window')
    // a longer run has no more requests in a window
    return undecided(`${reason}, as a longer one has; ${fewerText(percentile, above)}`, null)
  }
  if (found.value !== null && found.low === null) {
    return undecided('a single run has no interval; several have', null)
  }
  if (verdict !== 'UNDECIDED' || found.value === null) return decided
  // the interval of two is no measure of how much traffic would narrow it
  if (each.length === 2) return undecided(TWO_RUNS, null)
  return undecided('its interval holds the limit', timesToDecide(objective, found))
}

const TWO_RUNS = 'its interval holds the limit, and two runs say little: six say more'

/** The share of requests beyond a limit; null of a single run, and of runs that show too little. */
export function shareBeyond(
  percentile: number,
  each: readonly ObjectiveFigure[],
): Exceedance | null {
  const tails = each.flatMap(({ tail }) => (tail === null || tail.n === 0 ? [] : [tail]))
  if (each.length < 2 || tails.length < each.length) return null
  return exceedance(tails, percentile)
}

/** The verdict by the requests beyond the limit, and how much traffic would decide. */
function byShare(
  share: Exceedance,
  { percentile, found, runs }: { percentile: number; found: Estimate; runs: JudgedRuns },
): Omit<Judged, 'class' | 'text'> {
  const allowed = 1 - percentile
  const { value, low, high, n, designEffect } = share
  const verdict = high < allowed ? 'PASS' : low >= allowed ? 'FAIL' : 'UNDECIDED'
  const tail = { beyond: { value, low, high, n }, design_effect: designEffect }
  if (verdict !== 'UNDECIDED') return { estimate: found, tail, verdict, deciding_duration_s: null }
  const [beyond, most, may] = [value, high, allowed].map((part) => significant(100 * part, 2))
  const reason = `${beyond} % of the requests are beyond the limit, up to ${most} %; ${may} % may be`
  const times = TIMES.find((by) => {
    const more = exceedanceOf({ ...share, n: by * n, beyond: by * value * n })
    return more.high < allowed || more.low >= allowed
  })
  return {
    estimate: { reason, ...found },
    tail,
    verdict,
    deciding_duration_s: times === undefined ? null : longer(runs, times),
  }
}

/** Why a window of few requests does not pass, and what would change that. */
function fewerText(percentile: number, { value, high }: Estimate): string {
  const needed = neededForUpper(percentile).toLocaleString('en-US')
  if (value === null)
    return `PASS by fewer needs ${needed} in every window, the quietest too, and none lost`
  const upTo = high === null ? '' : `, up to ${significant(high, 3)} ms`
  return `by a rank that is not too low it is ${value.toPrecision(3)} ms${upTo}`
}

/** What a run has for an objective, a percentile, ms, or a share; and of how many requests. */
function wholeRun(
  objective: Exclude<Objective, { kind: 'cost' }>,
  cell: JudgedCell & { readonly calls: CallsSummary | null },
  tails: readonly JudgedTail[],
): ObjectiveFigure {
  const { good, counts, judged, tokens, calls } = cell
  const n = counts.arrived
  if (objective.kind === 'goodput') return { value: good / n, n, upper: null, tail: null }
  const { kind, percentile, limitMs } = objective
  const at = tails.findIndex((one) => one.percentile === percentile && one.limitMs === limitMs)
  if (kind === 'call') return { ...calls!.judged[at]!, n: calls!.made, upper: null }
  const times = kind === 'latency' ? judged : tokens?.judged[kind]
  return { ...(times?.[at] ?? withoutTokens(tails[at]!, counts)), n, upper: null }
}

/** Of a class without any token: each lost request took infinitely long for it. */
function withoutTokens(tail: JudgedTail, { arrived, served }: JudgedCell['counts']): JudgedFigure {
  return judgedFigures(new Histogram(), arrived - served, [tail])[0]!
}

/** The limit of an objective: ms, a share, or US dollars. */
export function limitOf(objective: Objective): number {
  if (objective.kind === 'goodput') return objective.share
  return objective.kind === 'cost' ? objective.limitUsd : objective.limitMs
}

/** PASS or FAIL only where the whole interval is on one side of the limit. */
export function verdictOf(objective: Objective, { value, low, high }: Estimate): Verdict {
  if (value === null || low === null || high === null) return 'UNDECIDED'
  if (objective.kind === 'goodput') {
    if (low > objective.share || low === 1) return 'PASS'
    return high <= objective.share ? 'FAIL' : 'UNDECIDED'
  }
  const limit = limitOf(objective)
  if (high < limit) return 'PASS'
  return low >= limit ? 'FAIL' : 'UNDECIDED'
}

/** No advice for more than this many times the traffic. */
const MOST_TIMES = 1000
/** Times the traffic that are tried, up to the most. */
const TIMES = Array.from({ length: 61 }, (_, i) => MOST_TIMES ** (i / 60))

/**
 * How many times the traffic would take the limit out of the interval, as its width falls with the
 * root of the traffic; null where that is no advice.
 */
function timesToDecide(objective: Objective, { value, low, high }: Estimate): number | null {
  if (value === null || low === null || high === null) return null
  const limit = limitOf(objective)
  const reach = limit < value ? value - low : high - value
  const times = (reach / (limit - value)) ** 2
  return times <= MOST_TIMES ? times : null
}

/** The duration of that much more traffic, rounded up to two digits, s; null where it differs. */
function longer({ duration_s, warmup_s, goOnAlike }: JudgedRuns, times: number): number | null {
  if (!goOnAlike) return null
  const seconds = warmup_s + times * (duration_s - warmup_s)
  if (!(times <= MOST_TIMES)) return null
  const digit = 10 ** (Math.floor(Math.log10(seconds)) - 1)
  return Number((Math.ceil(seconds / digit) * digit).toPrecision(2))
}
