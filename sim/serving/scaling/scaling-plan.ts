/**
 * The plan of a scaler: the `scaling` section of a pool with keys in camel case. Times are in
 * seconds, as in the scenario.
 */

/** What the metrics pipeline measures of a pool and of each of its replicas. */
export type ScalingMetric =
  /** requests in the pool or replica, waiting and running */
  | 'concurrency'
  /** requests that arrive, per second */
  | 'rate_rps'
  /** the share of the time in which a replica is busy */
  | 'utilisation'
  /** requests that wait */
  | 'queue_length'
  /** the share of the KV cache that is used */
  | 'kv_usage'

/** What bounds the decisions of every policy. */
export interface ScalingLimits {
  readonly min: number
  readonly max: number
  /** the most replicas that one decision adds or removes */
  readonly maxStepUp?: number | undefined
  readonly maxStepDown?: number | undefined
}

export interface FixedPlan extends ScalingLimits {
  readonly policy: 'fixed'
  readonly replicas: number
}

export interface ScheduledPlan extends ScalingLimits {
  readonly policy: 'scheduled'
  /** in order of time; the first is at 0 */
  readonly steps: readonly { readonly atS: number; readonly replicas: number }[]
  /** after this time the schedule starts again, such as 86400 for a day */
  readonly everyS?: number | undefined
}

export interface ScaleRule {
  readonly type: 'pods' | 'percent'
  readonly value: number
  readonly periodS: number
}

/** `behavior.scaleUp` or `behavior.scaleDown` of a HorizontalPodAutoscaler. */
export interface HpaDirection {
  readonly stabilizationS: number
  readonly tolerance: number
  readonly select: 'max' | 'min' | 'disabled'
  readonly policies: readonly ScaleRule[]
}

export interface HpaBehaviour {
  readonly scaleUp: HpaDirection
  readonly scaleDown: HpaDirection
}

export interface HpaMetric {
  readonly metric: ScalingMetric
  readonly target: number
  /** `average`: over the replicas; `total`: of the pool, divided by its replicas (AverageValue) */
  readonly type: 'average' | 'total'
  readonly windowS: number
}

export interface HpaPlan extends ScalingLimits, HpaBehaviour {
  readonly policy: 'hpa'
  readonly intervalS: number
  readonly metrics: readonly HpaMetric[]
}

export interface KedaPlan extends ScalingLimits, HpaBehaviour {
  readonly policy: 'keda'
  readonly metric: ScalingMetric
  readonly windowS: number
  readonly threshold: number
  /** `average`: total / threshold; `value`: replicas times value / threshold */
  readonly type: 'average' | 'value'
  /** a trigger is active while its metric is above this */
  readonly activation: number
  readonly pollingS: number
  readonly intervalS: number
  readonly cooldownS: number
  readonly initialCooldownS: number
  readonly idle?: number | undefined
  readonly fallback?: { readonly failures: number; readonly replicas: number } | undefined
}

export interface KnativePlan extends ScalingLimits {
  readonly policy: 'knative'
  readonly metric: 'concurrency' | 'rate_rps'
  /** of one replica at its limit; the policy aims at a share of it */
  readonly target: number
  readonly targetShare: number
  readonly intervalS: number
  readonly stableS: number
  readonly panicShare: number
  readonly panicThreshold: number
  readonly maxUpRate: number
  readonly maxDownRate: number
  readonly downDelayS: number
  readonly zeroGraceS: number
  readonly activation: number
  /** requests that the pool should take at once; -1 for no limit */
  readonly targetBurst: number
}

export interface SaturationPlan extends ScalingLimits, HpaBehaviour {
  readonly policy: 'saturation'
  readonly kvThreshold: number
  readonly queueThreshold: number
  readonly kvSpare: number
  readonly queueSpare: number
  readonly intervalS: number
  readonly windowS: number
  readonly syncS: number
}

export interface HuggingFacePlan extends ScalingLimits {
  readonly policy: 'huggingface'
  readonly utilisation: number
  readonly windowS: number
  readonly upEveryS: number
  readonly downAfterS: number
  readonly intervalS: number
}

export interface PredictivePlan extends ScalingLimits {
  readonly policy: 'predictive'
  /** the rate that one replica serves within the SLO */
  readonly capacityRps: number
  /** the time from asking for a replica to its first request */
  readonly leadS: number
  readonly intervalS: number
  readonly stepS: number
  readonly seasonality: 'multiplicative' | 'additive' | 'none'
  readonly periodS: number
  readonly seasonStepS: number
  readonly refitS: number
  readonly historyPeriods: number
  /** rates of the steps before the run, in order */
  readonly historyRps: readonly number[]
  /** the share of forecasts that the headroom should cover */
  readonly quantile: number
  /** the headroom above the rate while no error of a forecast is known */
  readonly headroom: number
  readonly downDelayS: number
}

export type ScalingPlan =
  | FixedPlan
  | ScheduledPlan
  | HpaPlan
  | KedaPlan
  | KnativePlan
  | SaturationPlan
  | HuggingFacePlan
  | PredictivePlan

/** How a pool is scaled. */
export interface PoolScalingPlan {
  readonly policy: ScalingPlan
  /** replicas that serve at first */
  readonly initial: number
  /** whether decisions are only recorded */
  readonly advisory: boolean
}

export type PlanOf<P extends ScalingPlan['policy']> = Extract<ScalingPlan, { policy: P }>

type CamelCase<K extends string> = K extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : K

/** An object with all its keys in camel case, those of nested objects, too. */
export type DeepCamel<T> = T extends readonly (infer E)[]
  ? readonly DeepCamel<E>[]
  : T extends object
    ? { readonly [K in keyof T as CamelCase<K & string>]: DeepCamel<T[K]> }
    : T

/** The plan of a `scaling` section: values stay, keys get camel case. */
export function scalingPlan<T>(section: T): DeepCamel<T> {
  const camel = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(camel)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
        camel(inner),
      ]),
    )
  }
  return camel(section) as DeepCamel<T>
}
