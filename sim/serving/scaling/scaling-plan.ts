import type { Pool } from '../../../scenarios/schema/schema.ts'
import type { DeepCamel } from '../camel-case.ts'

/** The `scaling` section of a pool with keys in camel case; times are in seconds, as there. */
export type ScalingPlan = DeepCamel<NonNullable<Pool['scaling']>>

export type PlanOf<P extends ScalingPlan['policy']> = Extract<ScalingPlan, { policy: P }>

/** What bounds the decisions of every policy. */
export type ScalingLimits = Pick<ScalingPlan, 'min' | 'max' | 'maxStepUp' | 'maxStepDown'>

/** A metric and its target, as a HorizontalPodAutoscaler has them. */
export type HpaMetric = PlanOf<'hpa'>['metrics'][number]

/** `behavior` of a HorizontalPodAutoscaler. */
export type HpaBehaviour = Pick<PlanOf<'hpa'>, 'scaleUp' | 'scaleDown'>

/** How a pool is scaled. */
export interface PoolScalingPlan {
  readonly policy: ScalingPlan
  /** replicas that serve at first */
  readonly initial: number
  /** whether decisions are only recorded */
  readonly advisory: boolean
}
