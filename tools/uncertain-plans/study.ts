import { searchedPlan } from '../../runtime/jobs/plan/searched-plan.ts'
import type { Candidate } from '../../sim/experiment/index.ts'
import { objectiveAt, SCENARIO, type Space } from './space.ts'
import { type KnownConfiguration, shareOf } from './truths.ts'

/** A configuration that a plan has chosen, against the truths. */
export interface ChosenConfiguration {
  readonly set: readonly string[]
  readonly usdPerHour: number
  /** the share of truths in which it holds */
  readonly holds: number
  /** the same as the plan states it */
  readonly stated: number
}

/** One plan of the study. */
export interface StudiedPlan {
  readonly seed: number
  readonly limitMs: number
  /** null where no configuration holds at 95 % */
  readonly chosen: ChosenConfiguration | null
  /** the cheapest at the stated inputs */
  readonly ignoring: ChosenConfiguration | null
  /** of the configurations that are cheaper than the chosen one, the largest share of truths */
  readonly cheaper: number
  /** replications of the search at the stated inputs, and of draws */
  readonly simulations: number
  readonly drawn: number
}

export async function studiedPlan(
  { sets }: Space,
  configurations: readonly KnownConfiguration[],
  { seed, limitMs }: { readonly seed: number; readonly limitMs: number },
): Promise<StudiedPlan> {
  const set = [...sets, objectiveAt(limitMs)]
  const { outcome, simulations, setOf, drawn } = await searchedPlan(SCENARIO, { set, seed })
  const chosenOf = (candidate: Candidate | undefined) => {
    if (candidate === undefined) return null
    const overrides = setOf.get(candidate.index)!
    const known = configurations.find((each) => isSame(each.set, overrides))!
    const over = drawn!.drawn.find((each) => each.candidate === candidate)!
    const { usdPerHour } = known
    return { set: overrides, usdPerHour, holds: shareOf(known, limitMs), stated: over.pHolds! }
  }
  const chosen = drawn && chosenOf(outcome.winner?.candidate)
  const below = chosen?.usdPerHour ?? Number.POSITIVE_INFINITY
  const cheaper = configurations.filter(({ usdPerHour }) => usdPerHour < below)
  return {
    ...{ seed, limitMs, chosen },
    ignoring: drawn && chosenOf(drawn.stated.candidate),
    cheaper: Math.max(0, ...cheaper.map((known) => shareOf(known, limitMs))),
    simulations: simulations.replications,
    drawn: drawn?.simulations ?? 0,
  }
}

const isSame = (a: readonly string[], b: readonly string[]) => a.join('\n') === b.join('\n')
