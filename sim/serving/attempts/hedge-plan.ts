import type { TrafficClass } from '../../../scenarios/schema/schema.ts'
import { inCamelCase } from '../camel-case.ts'
import { type Ms, OUTCOME, type Outcome } from '../ports.ts'
import type { SendBudgetPlan } from './send-budget.ts'
import type { ThrottlingPlan } from './throttling.ts'

/** Copies of the requests of a class; times in ms. */
export interface HedgePlan {
  /** whether the copy that starts first removes the other from its queue */
  readonly tied: boolean
  /** from one copy to the next; null where it is learnt */
  readonly afterMs: Ms | null
  /** of the latency of answers, 0 to 1: the delay where `afterMs` is null */
  readonly percentile: number
  /** including the first */
  readonly maxAttempts: number
  /** failures that end the request; absent for none */
  readonly fatal?: readonly Outcome[]
  readonly budget: SendBudgetPlan | null
  readonly throttling: ThrottlingPlan | null
  /** no copy is sent from here on: the end of the traffic */
  readonly untilMs: Ms
}

const FAILURES = {
  failed: OUTCOME.failed,
  shed: OUTCOME.shed,
  timed_out: OUTCOME.timedOut,
} as const
type Failure = keyof typeof FAILURES

export function hedgePlan(hedge: NonNullable<TrafficClass['hedge']>, untilMs: Ms): HedgePlan {
  if (hedge.policy === 'tied') {
    const limits = { percentile: 0, maxAttempts: 2, budget: null, throttling: null }
    return { tied: true, afterMs: hedge.delay_ms, ...limits, untilMs }
  }
  const { after_ms, after_percentile = 0, max_attempts, budget, throttling } = hedge
  const fatal = (Object.keys(FAILURES) as Failure[])
    .filter((failure) => hedge.non_fatal?.includes(failure) === false)
    .map((failure) => FAILURES[failure])
  return {
    tied: false,
    afterMs: after_ms ?? null,
    percentile: after_percentile / 100,
    maxAttempts: max_attempts,
    ...(fatal.length > 0 && { fatal }),
    budget: budget ?? null,
    throttling: throttling ? inCamelCase(throttling) : null,
    untilMs,
  }
}
