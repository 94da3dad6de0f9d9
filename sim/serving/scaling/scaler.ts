import type { Ms } from '../ports.ts'
import { fixed } from './fixed.ts'
import { hpa } from './hpa.ts'
import { huggingface } from './hugging-face.ts'
import { keda } from './keda.ts'
import { knative } from './knative.ts'
import { limited } from './limits.ts'
import { predictive } from './predictive.ts'
import { saturation } from './saturation.ts'
import type { PlanOf, ScalingPlan } from './scaling-plan.ts'
import type { MetricNeed, ScalerView, ScalingDecision, ScalingPolicy } from './scaling-policy.ts'
import { scheduled } from './scheduled.ts'

type AnyPolicy = ScalingPolicy<ScalingPlan, unknown>
type Policies = {
  readonly [P in ScalingPlan['policy']]: ScalingPolicy<PlanOf<P>, unknown> & { readonly kind: P }
}

/** Every scaling policy. A new one is a new entry here, and its configuration in the schema. */
export const scalingPolicies: Policies = Object.freeze({
  fixed,
  scheduled,
  hpa,
  keda,
  knative,
  saturation,
  huggingface,
  predictive,
})

/** A policy bound to the plan and the state of one pool, within the limits of the pool. */
export class Scaler {
  readonly intervalMs: Ms
  readonly needs: readonly MetricNeed[]
  readonly #plan: ScalingPlan
  readonly #policy: AnyPolicy
  readonly #state: unknown

  constructor(plan: ScalingPlan) {
    const policy: AnyPolicy = scalingPolicies[plan.policy]
    this.#plan = plan
    this.#policy = policy
    this.#state = policy.begin(plan)
    this.intervalMs = policy.intervalMs(plan)
    this.needs = policy.needs(plan)
  }

  decide(view: ScalerView): ScalingDecision {
    return limited(this.#policy.decide(this.#plan, this.#state, view), this.#plan, view.wanted)
  }
}
