import { isTimed, type Objective, parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { PlanVerdict } from '../../documents/index.ts'
import {
  exceedanceOf,
  meanWithError,
  noVerdictReason,
  studentTCdf,
  supports,
  supportsVerdict,
} from '../../stats/index.ts'
import { limitOf, type ObjectiveFigure, shareBeyond } from '../result/objectives.ts'
import { type Doubt, doubtText } from '../transfer/doubt.ts'

/** How sure the replications make it that one objective holds. */
interface ObjectiveConfidence {
  readonly class: string
  readonly text: string
  /** what is lost while it must hold; absent where nothing is */
  readonly lost?: string | undefined
  /** confidence that it holds, 0 to 1; null where a run has too few requests to tell */
  readonly holds: number | null
  /** confidence that it does not hold, likewise; with `holds` 1, but for windows of few requests */
  readonly breaks: number | null
  /** why there is no confidence that it holds */
  readonly reason: string | null
  /** figure over limit of a percentile, missed share over allowed share of a goodput */
  readonly ofLimit: number
}

/** A configuration by all its objectives. */
export interface PlanJudgement {
  readonly verdict: PlanVerdict
  /** the least confidence of an objective; 0 where one has none */
  readonly pMeets: number
  readonly objectives: readonly ObjectiveConfidence[]
  /** index of the objective with the least confidence; nearest to its limit where all are sure */
  readonly binding: number
}

/** When a configuration is judged, and how sure a verdict must be. */
export interface Looks {
  /** replications at each look, rising */
  readonly at: readonly number[]
  readonly confidence: number
}

const FIRST_LOOK = 3
/** No configuration is accepted on fewer replications. */
const LEAST_TO_MEET = 6

/** Looks at 3, 6, 12, … replications; `most`, at least 6, is the last. */
export function looksUpTo(most: number, confidence: number): Looks {
  const at: number[] = []
  for (let n = FIRST_LOOK; n < most; n *= 2) at.push(n)
  return { at: [...at, most], confidence }
}

/** The objectives of a scenario, class by class. */
export function statedObjectives({
  traffic,
  slo,
}: Pick<Scenario, 'slo'> & { readonly traffic: readonly { readonly class: string }[] }) {
  return traffic.flatMap(({ class: name }) =>
    (slo[name] ?? []).map((text) => ({ class: name, text, objective: parseObjective(text)! })),
  )
}

export type StatedObjective = ReturnType<typeof statedObjectives>[number] & {
  /** what is lost while it must hold; absent where nothing is */
  readonly lost?: string | undefined
}

/**
 * The verdict on a configuration after `runs`. The chance of a wrong verdict is shared equally over
 * the looks at which it can be given (Bonferroni). MEETS needs every objective at that confidence,
 * which needs no correction for their number (intersection-union test, Berger 1982); FAILS needs
 * one, so there the chance is divided by their number.
 */
export function judgePlan(
  stated: readonly StatedObjective[],
  runs: readonly (readonly ObjectiveFigure[])[],
  looks: Looks,
): PlanJudgement {
  const objectives = stated.map(({ class: name, text, lost, objective }, i) => ({
    class: name,
    text,
    ...(lost !== undefined && { lost }),
    ...confidenceOf(
      objective,
      runs.map((run) => run[i]!),
    ),
  }))
  const least = objectives.map(({ holds }) => holds ?? 0)
  const binding = bindingOf(objectives)
  const pMeets = Math.min(...least)
  const wrong = 1 - looks.confidence
  const toMeet = wrong / looks.at.filter((n) => n >= LEAST_TO_MEET).length
  const toFail = wrong / looks.at.length / stated.length
  const meets = runs.length >= LEAST_TO_MEET && pMeets >= 1 - toMeet
  const fails = objectives.some(({ breaks }) => breaks !== null && breaks >= 1 - toFail)
  const verdict = fails ? 'FAILS' : meets ? 'MEETS' : 'UNDECIDED'
  return { verdict, pMeets, objectives, binding }
}

/**
 * The judgement of a configuration whose times are in doubt: an objective holds no surer than with
 * the longest times that a transfer allows, which `slower` is of. `doubts` has a doubt for each
 * objective, those of losses included, or null. Where it rather breaks with those times, where
 * nothing bounds them, or where they were not simulated, there is no confidence, as more
 * replications would give none.
 */
export function withDoubts(
  judged: PlanJudgement,
  doubts: readonly (Doubt | null)[],
  slower: PlanJudgement | null,
): PlanJudgement {
  if (doubts.every((doubt) => doubt === null)) return judged
  const objectives = judged.objectives.map((objective, i) => {
    const doubt = doubts[i] ?? null
    if (doubt === null || objective.holds === null) return objective
    const slow = Number.isFinite(doubt.slowness) ? slower?.objectives[i] : undefined
    if (slow === undefined || slow.holds === null || slow.holds < 0.5) {
      const slowest =
        slow === undefined ? null : slow.holds === null ? 'is not known' : 'does not hold'
      return { ...objective, holds: null, reason: doubtText(doubt, slowest) }
    }
    return { ...objective, holds: Math.min(objective.holds, slow.holds) }
  })
  const pMeets = Math.min(...objectives.map(({ holds }) => holds ?? 0))
  const both = judged.verdict === 'MEETS' && pMeets > 0 && slower?.verdict === 'MEETS'
  const verdict = judged.verdict === 'FAILS' || both ? judged.verdict : 'UNDECIDED'
  return { verdict, pMeets, objectives, binding: bindingOf(objectives) }
}

/**
 * The first objective of a whole run that `most` such runs have too few requests to judge, even if
 * none of them were beyond its limit; null if there is none.
 */
export function tooFewRequests(
  stated: readonly StatedObjective[],
  runs: readonly (readonly ObjectiveFigure[])[],
  most: number,
): { readonly class: string; readonly text: string; readonly reason: string } | null {
  for (const [i, { class: name, text, objective }] of stated.entries()) {
    if (!isTimed(objective) || objective.window_s !== null) continue
    const perRun = Math.min(...runs.map((run) => run[i]!.n))
    if (supportsVerdict(perRun, objective.percentile)) continue
    const best = { n: most * perRun, beyond: 0, designEffect: 1, runs: most }
    if (exceedanceOf(best).high < 1 - objective.percentile) continue
    return {
      class: name,
      text,
      reason: noVerdictReason(perRun, objective.percentile, 'in each run'),
    }
  }
  return null
}

/** Beyond this confidence the least one is noise. */
const SURE = 0.999

/**
 * The objective that is nearest to its limit where all surely hold. Else the least sure one; of
 * equally sure ones that nearest to its limit.
 */
function bindingOf(objectives: readonly ObjectiveConfidence[]): number {
  const shares = objectives.map(({ ofLimit }) => ofLimit)
  if (objectives.every(({ holds }) => holds !== null && holds > SURE)) {
    return shares.indexOf(Math.max(...shares))
  }
  let binding = 0
  for (const [i, { holds, ofLimit }] of objectives.entries()) {
    const best = objectives[binding]!
    const difference = (holds ?? 0) - (best.holds ?? 0)
    if (difference < 0 || (difference === 0 && ofLimit > best.ofLimit)) binding = i
  }
  return binding
}

type Confidence = Pick<ObjectiveConfidence, 'holds' | 'breaks' | 'reason' | 'ofLimit'>

/**
 * The confidence that the mean of an objective's figure over replications is on the right side of
 * its limit. Few requests are judged as in a result (`judge`): over a run by the share of those
 * beyond the limit, as a percentile of few is too low. In windows `upper`, which is never too low,
 * shows that an objective holds; a failure is taken from 30 requests beyond the percentile on,
 * since a search would else try every configuration to the end.
 */
function confidenceOf(objective: Objective, runs: readonly ObjectiveFigure[]): Confidence {
  const values = runs.map(({ value }) => value)
  const mean = values.reduce((sum, value) => sum + scaled(objective, value), 0) / values.length
  const ofLimit =
    objective.kind === 'goodput'
      ? (1 - mean) / (1 - objective.share)
      : Math.exp(mean - Math.log(limitOf(objective)))
  const none = (reason: string) => ({ holds: null, breaks: null, reason, ofLimit })
  if (values.some(Number.isNaN)) return none('nothing was observed in a run')
  const holds = confidence(objective, values)
  const sure = { holds, breaks: 1 - holds, reason: null, ofLimit }
  const perRun = Math.min(...runs.map(({ n }) => n))
  if (!isTimed(objective) || supportsVerdict(perRun, objective.percentile)) return sure
  const { percentile, window_s, limitMs } = objective
  if (window_s === null) {
    if (values.every((value) => value >= limitMs)) return sure
    const share = shareBeyond(percentile, runs)
    if (share === null) return none(noVerdictReason(perRun, percentile, 'in each run'))
    const { below, above } = share.confidence(1 - percentile)
    return { holds: below, breaks: above, reason: null, ofLimit }
  }
  const breaks = supports(perRun, percentile) ? sure.breaks : null
  const uppers = runs.map(({ upper }) => upper!)
  if (uppers.every(Number.isFinite)) {
    return { holds: confidence(objective, uppers), breaks, reason: null, ofLimit }
  }
  return { ...none(noVerdictReason(perRun, percentile, 'in each window')), breaks }
}

/** A figure on the scale on which it is judged. */
export function scaled(objective: Objective, value: number): number {
  return objective.kind === 'goodput' ? value : Math.log(value)
}

/**
 * P(T <= (limit - mean) / standard error) with n - 1 degrees of freedom; of times on the log scale,
 * of a goodput as it is. A figure that is infinite in one run has an infinite mean.
 */
function confidence(objective: Objective, values: readonly number[]): number {
  const goodput = objective.kind === 'goodput'
  const limit = scaled(objective, limitOf(objective))
  if (values.includes(Number.POSITIVE_INFINITY)) return 0
  const on = values.map((value) => scaled(objective, value))
  const [first] = on as [number]
  if (on.every((value) => value === first)) {
    // every run alike: exact, as in a deterministic system, or a goodput of 100 %
    return (goodput ? first > limit : first < limit) ? 1 : 0
  }
  const { mean, standardError } = meanWithError(on)
  const room = goodput ? mean - limit : limit - mean
  return studentTCdf(room / standardError, values.length - 1)
}
