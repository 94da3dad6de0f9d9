import { availableParallelism, cpus } from 'node:os'
import { searchedPlan } from '../../runtime/jobs/plan/searched-plan.ts'
import { holdsAt, type Known, leastCost } from './exhaustive.ts'
import { LIMIT_MS, SCENARIO, type Space } from './space.ts'

/** One plan of the study, against the exhaustive run. */
export interface StudiedPlan {
  readonly seed: number
  /** US dollars an hour of the winner; null where there is none */
  readonly cost: number | null
  /** whether the winner is feasible, and costs at most 1 % more than the cheapest that is */
  readonly good: boolean
  readonly simulations: number
  /** configurations with the verdict MEETS or FAILS */
  readonly confident: number
  /** those of them that the exhaustive run contradicts */
  readonly wrong: number
  /** wall time of the search without headroom and sensitivity, s */
  readonly seconds: number
}

/** A plan may cost this much more than the optimum. */
const TOLERANCE = 1.01

/** The machine, as the page of the study names it. */
export const machine = () => `${cpus()[0]!.model}, ${availableParallelism()} cores`

export async function studiedPlan(
  { sets: set }: Space,
  configurations: readonly Known[],
  seed: number,
): Promise<StudiedPlan> {
  const began = performance.now()
  const { outcome, simulations } = await searchedPlan(SCENARIO, { set, seed })
  const seconds = (performance.now() - began) / 1000
  const holds = holdsAt(LIMIT_MS)
  const of = (index: number) => holds(configurations[index]!)
  const judged = outcome.tried.filter(
    ({ candidate, judgement }) =>
      judgement.verdict !== 'UNDECIDED' && configurations[candidate.index] !== undefined,
  )
  const wrong = judged.filter(
    ({ candidate, judgement }) => of(candidate.index) !== (judgement.verdict === 'MEETS'),
  )
  const winner = outcome.winner?.candidate
  const most = TOLERANCE * leastCost(configurations, LIMIT_MS)
  return {
    seed,
    cost: winner?.cost ?? null,
    good: winner !== undefined && of(winner.index) && winner.cost <= most,
    simulations: simulations.replications,
    confident: judged.length,
    wrong: wrong.length,
    seconds,
  }
}
