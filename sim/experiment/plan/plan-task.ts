import type { RunFigures } from '../configuration/run-figures.ts'
import type { ObjectiveFigure } from '../result/objectives.ts'
import type { Doubt } from '../transfer/doubt.ts'
import type { AgainstMonotone } from './monotone.ts'
import type { Candidate } from './plan-chains.ts'
import type { Looks, PlanJudgement, StatedObjective } from './plan-verdict.ts'

/** What the search reads of a replication. */
export type JudgedRun = Pick<RunFigures, 'exact' | 'objectives' | 'slower' | 'lost'>

/**
 * What a run is judged on, and then the same with each loss. Where it is exact, more requests would
 * not make it surer.
 */
export function judgedOn({ exact, objectives, lost = [] }: JudgedRun): ObjectiveFigure[] {
  return supported(exact, [...objectives, ...lost.flatMap((figures) => figures.objectives)])
}

/** The same with the longest times that a transfer allows; null where these were not simulated. */
export function slowerOn({ exact, slower, lost = [] }: JudgedRun): ObjectiveFigure[] | null {
  const each = [slower, ...lost.map((figures) => figures.slower)]
  const simulated = each.filter((figures) => figures !== undefined)
  return simulated.length < each.length ? null : supported(exact, simulated.flat())
}

/** A run without what it is judged on with the longest times that a transfer allows. */
export function withoutSlower({ slower: _, lost, ...run }: JudgedRun): JudgedRun {
  const alone = lost?.map(({ slower: __, ...figures }) => figures)
  return { ...run, ...(alone !== undefined && { lost: alone }) }
}

function supported(exact: JudgedRun['exact'], figures: readonly ObjectiveFigure[]) {
  return figures.map((figure) => (exact ? { ...figure, n: Number.POSITIVE_INFINITY } : figure))
}

/** The objectives of a candidate: as stated, and again with each loss that its runs have. */
export function judgedObjectives(
  stated: readonly StatedObjective[],
  { lost = [] }: JudgedRun,
): StatedObjective[] {
  const again = lost.flatMap(({ text }) =>
    stated.map((objective) => ({ ...objective, lost: text })),
  )
  return [...stated, ...again]
}

/** Replications `from` to `to` - 1 of a candidate. */
export interface Ask {
  readonly candidate: Candidate
  readonly from: number
  readonly to: number
}

export interface PlanTask<Run extends JudgedRun> {
  readonly candidates: readonly Candidate[]
  /** the scenario as it stands */
  readonly today: Candidate
  readonly objectives: readonly StatedObjective[]
  readonly looks: Looks
  /** what was paid for in a run of a candidate whose replicas are scaled */
  readonly paidIn?: ((candidate: Candidate, run: Run) => number) | undefined
  /**
   * of each objective, those of losses included, why its times are in doubt by these runs; null
   * where they are not
   */
  readonly doubts?:
    | ((candidate: Candidate, runs: readonly Run[]) => readonly (Doubt | null)[])
    | undefined
  /** the runs of each ask, in order; null where the candidate cannot be simulated */
  readonly simulate: (asks: readonly Ask[]) => Promise<readonly (readonly Run[] | null)[]>
  readonly onProgress?: ((done: number, of: number) => void) | undefined
}

/** A candidate that was simulated. */
export interface Tried<Run> {
  readonly candidate: Candidate
  /** what it costs: known in advance, or else the mean of what runs paid for */
  readonly cost: number
  /** what each run paid for; null where the cost is known in advance */
  readonly paid: readonly number[] | null
  readonly runs: readonly Run[]
  readonly judgement: PlanJudgement
}

export interface AgainstReplicas extends AgainstMonotone {
  readonly fewer: Candidate
  readonly more: Candidate
}

export interface PlanFound<Run> {
  readonly tried: readonly Tried<Run>[]
  /**
   * the cheapest that meets, one without a price only where none with one does; of equally cheap
   * ones that farthest from its limits
   */
  readonly winner: Tried<Run> | null
  /** candidates that were not simulated, by reason */
  readonly dearer: readonly Candidate[]
  readonly ruledOut: readonly Candidate[]
  readonly refused: readonly Candidate[]
  /** pairs of neighbours along replicas that were compared */
  readonly compared: number
  readonly against: readonly AgainstReplicas[]
}
