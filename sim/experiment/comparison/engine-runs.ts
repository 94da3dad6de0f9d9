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
  const lacks =
    watching === null
      ? 'lead to its rows'
      : watching.untimed > 0
        ? 'have the times of all runs of steps'
        : null
  if (watching === null || lacks !== null) {
    const text = `the decision log of a replay does not ${lacks}, so nothing is known of its engines`
    throw new Failure(`${text}; spillway audit DIR says more, or replay again`)
  }
  return { ...run, engineRuns: watching.runs }
}
