import type { Pool } from '../../../scenarios/schema/schema.ts'
import type { Ms } from '../ports.ts'

interface Shared {
  /** whether requests that timed out are failures */
  readonly timeoutsCount: boolean
}

export interface EnvoyOutlierPlan extends Shared {
  readonly policy: 'envoy-outlier'
  readonly consecutive5xx: number
  readonly intervalMs: Ms
  readonly baseEjectionMs: Ms
  readonly maxEjectionMs: Ms
  readonly maxEjectionPercent: number
  readonly alwaysEjectOne: boolean
  readonly enforcesConsecutive5xx: boolean
  readonly successRate: {
    readonly enforced: boolean
    readonly minimumHosts: number
    readonly requestVolume: number
    readonly stdevFactor: number
  }
  readonly failurePercentage: {
    readonly enforced: boolean
    readonly minimumHosts: number
    readonly requestVolume: number
    readonly threshold: number
  }
  readonly panicThresholdPercent: number
}

export interface LinkerdAccrualPlan extends Shared {
  readonly policy: 'linkerd-accrual'
  readonly maxFailures: number
  readonly minPenaltyMs: Ms
  readonly maxPenaltyMs: Ms
  readonly jitterRatio: number
}

/** When replicas of a pool are ejected. */
export type EjectionPlan = EnvoyOutlierPlan | LinkerdAccrualPlan

/** Envoy's default of `max_ejection_time`, ms; it is the base time where that is longer. */
const MAX_EJECTION_MS = 300_000

export function ejectionPlan(section: NonNullable<Pool['outlier_detection']>): EjectionPlan {
  const timeoutsCount = section.timeouts === 'count'
  if (section.policy === 'linkerd-accrual') {
    return {
      policy: section.policy,
      timeoutsCount,
      maxFailures: section.max_failures,
      minPenaltyMs: 1000 * section.min_penalty_s,
      maxPenaltyMs: 1000 * section.max_penalty_s,
      jitterRatio: section.jitter_ratio,
    }
  }
  const baseEjectionMs = 1000 * section.base_ejection_time_s
  return {
    policy: section.policy,
    timeoutsCount,
    consecutive5xx: section.consecutive_5xx,
    intervalMs: 1000 * section.interval_s,
    baseEjectionMs,
    maxEjectionMs:
      section.max_ejection_time_s === undefined
        ? Math.max(MAX_EJECTION_MS, baseEjectionMs)
        : 1000 * section.max_ejection_time_s,
    maxEjectionPercent: section.max_ejection_percent,
    alwaysEjectOne: section.always_eject_one_host,
    enforcesConsecutive5xx: section.enforcing_consecutive_5xx === 100,
    successRate: {
      enforced: section.enforcing_success_rate === 100,
      minimumHosts: section.success_rate_minimum_hosts,
      requestVolume: section.success_rate_request_volume,
      stdevFactor: section.success_rate_stdev_factor,
    },
    failurePercentage: {
      enforced: section.enforcing_failure_percentage === 100,
      minimumHosts: section.failure_percentage_minimum_hosts,
      requestVolume: section.failure_percentage_request_volume,
      threshold: section.failure_percentage_threshold,
    },
    panicThresholdPercent: section.panic_threshold_percent,
  }
}
