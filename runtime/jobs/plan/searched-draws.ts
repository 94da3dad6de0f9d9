import type { Uncertain } from '../../../scenarios/index.ts'
import {
  type DrawsFound,
  type PlanFound,
  type PlanTask,
  type RunFigures,
  searchDraws,
} from '../../../sim/experiment/index.ts'
import { leastDraws } from '../../../sim/stats/index.ts'
import type { JobOptions } from '../options.ts'
import type { PlanDraws } from './plan-draws.ts'

/** What a plan has drawn of inputs that are not known. */
export interface SearchedDraws extends Pick<DrawsFound<RunFigures>, 'stated' | 'drawn'> {
  /** of each draw of the winner, its runs; null where one could not be simulated, or none holds */
  readonly ofWinner: readonly (readonly RunFigures[])[] | null
  /** most replications of a draw, and all of them */
  readonly replications: number
  readonly simulations: number
  /** why a draw could not be simulated */
  readonly problem: string | null
  /** of all configurations */
  readonly inputs: Uncertain['inputs']
}

/** Most draws of a configuration, where its probability is near the confidence of the plan. */
const MOST_DRAWS = 256
/** Replications of each draw: what a draw changes has little noise with common seeds. */
const DRAW_REPLICATIONS = 4

/** The search over draws of inputs; null where nothing meets at the stated ones. */
export async function searchedDraws(
  plan: PlanTask<RunFigures>,
  stated: PlanFound<RunFigures>,
  draws: PlanDraws,
  onProgress: JobOptions['onProgress'],
): Promise<(SearchedDraws & { readonly found: PlanFound<RunFigures> }) | null> {
  const replications = DRAW_REPLICATIONS
  const drawn = await searchDraws({
    ...{ plan, stated, replications, confidence: plan.looks.confidence },
    least: leastDraws(draws.mostInputs),
    most: MOST_DRAWS,
    draw: draws.draw,
    statedRuns: draws.statedRuns,
    costIn: draws.costsVary ? draws.costIn : null,
    onProgress: (done, of) => onProgress?.('drawing uncertain inputs', done, of),
  })
  if (drawn === null) return null
  const ofWinner = await drawsOfWinner(drawn, draws, replications)
  const { replications: simulations, problem, inputs } = draws
  return { ...drawn, ofWinner, replications, simulations, problem, inputs }
}

/** All draws of the winner: those that follow from another configuration are simulated, too. */
async function drawsOfWinner(
  { found: { winner }, drawn }: DrawsFound<RunFigures>,
  draws: PlanDraws,
  replications: number,
): Promise<SearchedDraws['ofWinner']> {
  const over = drawn.find(({ candidate }) => candidate === winner?.candidate)
  if (winner === null || over === undefined) return null
  const seeds = winner.runs[0]!.exact ? 1 : Math.min(replications, winner.runs.length)
  const each = Array.from({ length: over.draws }, (_, draw) => draw)
  const runs = await draws.draw(winner.candidate, each, seeds)
  const whole = runs.flatMap((ofDraw) => (ofDraw === null ? [] : [ofDraw]))
  return whole.length < runs.length ? null : whole
}
