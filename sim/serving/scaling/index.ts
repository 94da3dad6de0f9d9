export { allotted } from './budget.ts'
export { neededReplicas, type WaitPromise } from './needed-replicas.ts'
export { type OracleOptions, type OracleReplicas, oracleReplicas } from './oracle.ts'
export { type PolicySeries, type Regret, type RegretOptions, regret } from './regret.ts'
export {
  type ReplicaLoad,
  type SaturationVerdict,
  saturationOf,
  type Variant,
  variantTargets,
} from './saturation.ts'
export { Scaler, scalingPolicies } from './scaler.ts'
export type { ScalingPlan } from './scaling-plan.ts'
export type {
  MetricNeed,
  ScalerView,
  ScalingDecision,
  ScalingPolicy,
} from './scaling-policy.ts'
