import { scaling } from '../../../scenarios/schema/schema-scaling.ts'
import { inCamelCase } from '../camel-case.ts'
import { Scaler, scalingPolicies } from './index.ts'
import type { PlanOf, ScalingPlan } from './scaling-plan.ts'
import type { ScalerView, ScalingDecision } from './scaling-policy.ts'

/** The plan of a `scaling` section, with the defaults of the schema. */
export function planOf<P extends ScalingPlan['policy']>(
  policy: P,
  section: Readonly<Record<string, unknown>> = {},
): PlanOf<P> {
  const plan: ScalingPlan = inCamelCase(scaling.parse({ policy, max: 10_000, ...section }))
  return plan as PlanOf<P>
}

/** A view in which all replicas that are asked for serve. */
export function viewOf(
  wanted: number,
  figures: readonly (readonly number[])[],
  changes: Partial<ScalerView> = {},
): ScalerView {
  return { now: 0, ready: wanted, starting: 0, wanted, figures, ...changes }
}

/** A scaler of a policy alone, without the limits of a pool. */
export function unlimited<P extends ScalingPlan['policy']>(
  plan: PlanOf<P>,
): (view: ScalerView) => ScalingDecision {
  const policy = scalingPolicies[plan.policy as P]
  const state = policy.begin(plan)
  return (view) => policy.decide(plan, state, view)
}

export { Scaler }
