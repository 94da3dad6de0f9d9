import { parseObjective } from '../../../scenarios/schema/objective.ts'
import type { Result, Verdict } from '../../documents/index.ts'
import { limitOf, verdictOf } from '../result/objectives.ts'
import type { DrawnRuns } from './uncertain-figures.ts'
import {
  type FigureValues,
  figureValues,
  finite,
  type WidenedFigure,
  widened,
} from './widened-figure.ts'

type Objective = Result['objectives'][number]

/** Replications with and without draws of the inputs, of which objectives are read. */
export interface DrawnObjectives {
  /** at the stated values, with the seeds of the draws */
  readonly nominal: Pick<DrawnRuns, 'runs'>
  /** of each draw */
  readonly runs: readonly Pick<DrawnRuns, 'runs'>[]
}

/** What an objective is judged on, in every replication; null where one has nothing. */
export const objectiveValues = (drawn: DrawnObjectives, at: number): FigureValues | null =>
  figureValues(drawn, (_, run) => run.objectives[at]!.value)

/** What the figure of an objective is at most. */
export const mostOf = ({ text }: Pick<Objective, 'text'>): number =>
  parseObjective(text)!.kind === 'goodput' ? 1 : Number.POSITIVE_INFINITY

/**
 * The figure of an objective with what is not known of the inputs; null without one. `at`: its
 * place among the objectives of the scenario; `runs`: replications of its estimate.
 */
export function widenedObjective(
  { text, estimate }: Pick<Objective, 'text' | 'estimate'>,
  drawn: DrawnObjectives,
  { at, runs }: { readonly at: number; readonly runs: number },
): WidenedFigure | null {
  const each = objectiveValues(drawn, at)
  return each && widened(estimate, each, { runs, most: mostOf({ text }) })
}

/**
 * The verdict on an objective where its wider interval agrees, UNDECIDED elsewhere: what draws
 * leave undecided is decided by no input.
 */
export function agreedVerdict(
  { text, estimate, verdict }: Pick<Objective, 'text' | 'estimate' | 'verdict'>,
  { low, high, probabilityBelow }: WidenedFigure,
): { readonly verdict: Verdict; readonly with_inputs: NonNullable<Objective['with_inputs']> } {
  const objective = parseObjective(text)!
  const below = probabilityBelow(limitOf(objective))
  const p_holds = objective.kind === 'goodput' ? 1 - below : below
  const { value, n } = estimate
  const wider = verdictOf(objective, { value, low, high, n })
  return {
    verdict: wider === verdict ? verdict : 'UNDECIDED',
    with_inputs: { low: finite(low), high: finite(high), p_holds, verdict_by_draws: verdict },
  }
}
