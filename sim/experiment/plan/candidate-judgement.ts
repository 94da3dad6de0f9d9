import type { Candidate } from './plan-chains.ts'
import { paidCost } from './plan-costs.ts'
import {
  type JudgedRun,
  judgedObjectives,
  judgedOn,
  type PlanTask,
  slowerOn,
  type Tried,
} from './plan-task.ts'
import { judgePlan, type PlanJudgement, withDoubts } from './plan-verdict.ts'

/** The judgement of a candidate on its runs, with what is in doubt of its times. */
export function judgementOn<Run extends JudgedRun>(
  { objectives, looks, doubts }: PlanTask<Run>,
  candidate: Candidate,
  runs: readonly Run[],
): PlanJudgement {
  const judged = judgedObjectives(objectives, runs[0]!)
  const slower = runs.flatMap((run) => {
    const figures = slowerOn(run)
    return figures === null ? [] : [figures]
  })
  return withDoubts(
    judgePlan(judged, runs.map(judgedOn), looks),
    doubts?.(candidate, runs) ?? [],
    slower.length < runs.length ? null : judgePlan(judged, slower, looks),
  )
}

/** Whether a run has too few requests for an objective, which more runs do not change. */
export const isUnjudged = ({ objectives }: PlanJudgement) =>
  objectives.some(({ holds }) => holds === null)

/** Whether more runs may decide it. */
const isUndecided = (judgement: PlanJudgement) =>
  judgement.verdict === 'UNDECIDED' && !isUnjudged(judgement)

/** What each run of a scaled candidate paid for; null where the cost is known in advance. */
export function paidInRuns<Run extends JudgedRun>(
  { paidIn }: PlanTask<Run>,
  candidate: Candidate,
  runs: readonly Run[] | undefined,
): number[] | null {
  if (paidIn === undefined || runs === undefined || !candidate.scaled) return null
  return runs.map((run) => paidIn(candidate, run))
}

/**
 * Looks at a candidate until it is decided, or until the last look; what is `tried` of it is not
 * simulated again. Null where it cannot be simulated.
 */
export async function decided<Run extends JudgedRun>(
  task: PlanTask<Run>,
  candidate: Candidate,
  tried: Tried<Run> | null,
): Promise<Tried<Run> | null> {
  let last = tried
  for (;;) {
    const runs: readonly Run[] = last?.runs ?? []
    const isOpen = last === null || isUndecided(last.judgement)
    const to = task.looks.at.find((n) => n > runs.length)
    if (!isOpen || to === undefined) return last
    const [further] = await task.simulate([{ candidate, from: runs.length, to }])
    if (further == null) return null
    const all = [...runs, ...further]
    const paid = paidInRuns(task, candidate, all)
    const judgement = judgementOn(task, candidate, all)
    last = { candidate, cost: paidCost(candidate, paid), paid, runs: all, judgement }
  }
}
