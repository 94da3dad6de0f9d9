import type { ServingPlan } from '../../serving/index.ts'
import { StepRecorder, type StepRow } from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { feedBack, feedbackDifferences } from '../comparison/feedback.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'

/**
 * The steps of the engines of a run, which rows do not have: its decision log is fed back to a
 * fresh control plane. Null where nothing is generated or no log was kept, and where the log does
 * not give the rows again, as steps of other decisions would explain nothing.
 */
export function keptSteps(
  plan: ServingPlan,
  requests: RequestList,
  run: ObservedRun & { readonly journal: Float64Array },
): StepRow[] | null {
  if (plan.pools.every(({ generation }) => generation === undefined)) return null
  if (run.journal.length === 0) return null
  let recorder: StepRecorder | null = null
  const again = feedBack(plan, requests, run.journal, run.rows.columns.copyOf, (slots) => {
    recorder = new StepRecorder(slots)
    return recorder
  })
  if (feedbackDifferences(run.rows, again).length > 0) return null
  return (recorder as StepRecorder | null)!.rows
}
