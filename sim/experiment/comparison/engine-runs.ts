import { Failure } from '../../../scenarios/failure.ts'
import { generatesIn, livePlan, type ServingPlan } from '../../serving/index.ts'
import { EngineRunRecorder, type Rows } from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { watchAgain } from './feedback.ts'
import type { ObservedRun } from './observed-run.ts'

/**
 * A replay with the runs of its executors, where these generate: its decision log has them. Throws
 * `Failure` where the log does not lead to its rows.
 */
export function withEngineRuns<
  R extends ObservedRun & { readonly rows: Rows; readonly journal: Float64Array },
>(plan: ServingPlan, requests: RequestList, run: R): R {
  if (!generatesIn(plan)) return run
  const watching = watchAgain(livePlan(plan), requests, run, () => new EngineRunRecorder())
  if (watching === null) {
    const text = 'the decision log of a replay does not lead to its rows, so nothing is known of'
    throw new Failure(`${text} its engines; spillway audit DIR says more`)
  }
  return { ...run, engineRuns: watching.runs }
}
