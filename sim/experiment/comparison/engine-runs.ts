import { Failure } from '../../../scenarios/failure.ts'
import { generatesIn, livePlan, observerOf, type ServingPlan } from '../../serving/index.ts'
import {
  type EngineEvent,
  EngineEventRecorder,
  EngineRunRecorder,
  type Rows,
} from '../../stats/index.ts'
import type { RequestList } from '../../traffic/index.ts'
import { watchAgain } from './feedback.ts'
import type { ObservedRun } from './observed-run.ts'

/** What summaries need of executors that generate. */
export interface EngineEvents {
  /** in the order of their times; none where batches are run */
  readonly engineEvents: readonly EngineEvent[]
}

/**
 * A replay with the runs and the events of its executors, where these generate: its decision log
 * has them, and is fed back once. Throws `Failure` where the log does not lead to its rows, or
 * lacks the times of runs.
 */
export function withEngines<
  R extends ObservedRun & { readonly rows: Rows; readonly journal: Float64Array },
>(plan: ServingPlan, requests: RequestList, run: R): R & EngineEvents {
  if (!generatesIn(plan)) return { ...run, engineEvents: [] }
  const [runs, events] = [new EngineRunRecorder(), new EngineEventRecorder()]
  const again = watchAgain(livePlan(plan), requests, run, () => observerOf([runs, events]))
  const lacks =
    again === null
      ? 'lead to its rows'
      : runs.untimed > 0
        ? 'have the times of all runs of steps'
        : null
  if (lacks !== null) {
    const text = `the decision log of a replay does not ${lacks}, so nothing is known of its engines`
    throw new Failure(`${text}; spillway audit DIR says more, or replay again`)
  }
  return { ...run, engineRuns: runs.runs, engineEvents: events.events }
}
