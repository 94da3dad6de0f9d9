import { generatesIn, type ServingPlan } from '../../serving/index.ts'
import { StepRecorder, type StepRow } from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { watchAgain } from '../comparison/feedback.ts'
import type { ObservedRun } from '../comparison/observed-run.ts'

/**
 * The steps of the engines of a run, which rows do not have. Null where nothing is generated, and
 * where its decision log does not give them.
 */
export function keptSteps(
  plan: ServingPlan,
  requests: RequestList,
  run: ObservedRun & { readonly journal: Float64Array },
): StepRow[] | null {
  if (!generatesIn(plan)) return null
  return watchAgain(plan, requests, run, (slots) => new StepRecorder(slots))?.rows ?? null
}
