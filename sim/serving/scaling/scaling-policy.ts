import type { Ms } from '../ports.ts'
import type { HpaMetric, PlanOf, ScalingPlan } from './scaling-plan.ts'

/** A figure that a policy asks the metrics pipeline for. */
export interface MetricNeed {
  readonly metric: HpaMetric['metric']
  /** the time before a decision over which the figure is taken */
  readonly windowMs: Ms
  readonly statistic: 'mean' | 'max'
  /** one figure of the whole pool, or one of each ready replica */
  readonly of: 'pool' | 'replica'
}

/** What a policy sees at one of its ticks; figures as the pipeline delivers them, maybe late. */
export interface ScalerView {
  readonly now: Ms
  /** replicas that serve */
  readonly ready: number
  /** replicas that were asked for and do not serve yet */
  readonly starting: number
  /** the replicas that are asked for at present */
  readonly wanted: number
  /**
   * The figures that the policy needs, in the order of its needs: a list of one for a pool, else
   * one for each ready replica. NaN where the pipeline did not deliver one.
   */
  readonly figures: readonly (readonly number[])[]
}

export interface ScalingDecision {
  readonly replicas: number
  /** a short sentence for the decision log */
  readonly reason: string
  /**
   * Requests that the pool could take at once beyond its target burst (Knative); below 0 a buffer
   * stays in the path of requests. Other policies have none.
   */
  readonly excessBurst?: number
}

/**
 * How many replicas a pool should have: decisions on explicit state, which only `decide` changes.
 */
export interface ScalingPolicy<Plan, State> {
  readonly kind: string
  /** the time between two decisions */
  intervalMs(plan: Plan): Ms
  needs(plan: Plan): readonly MetricNeed[]
  begin(plan: Plan): State
  decide(plan: Plan, state: State, view: ScalerView): ScalingDecision
}

export const scalingPolicy = <P extends ScalingPlan['policy'], State>(
  policy: ScalingPolicy<PlanOf<P>, State> & { readonly kind: P },
): ScalingPolicy<PlanOf<P>, State> & { readonly kind: P } => Object.freeze(policy)

/** A figure of a pool, or NaN. */
export const poolFigure = (view: ScalerView, need: number): number =>
  view.figures[need]?.[0] ?? Number.NaN

/** A number for the decision log: three digits say enough. */
export const short = (value: number): string => `${Number(value.toPrecision(3))}`

/** `1 replica`, `2 replicas` */
export const replicasText = (count: number): string =>
  `${count} ${count === 1 ? 'replica' : 'replicas'}`
