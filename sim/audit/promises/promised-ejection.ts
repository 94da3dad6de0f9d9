import type { Scenario } from '../../../scenarios/schema/schema.ts'

/** How Envoy ejects replicas; times in ms, shares in per cent. */
export interface PromisedOutliers {
  readonly policy: 'envoy-outlier'
  readonly timeoutsCount: boolean
  readonly consecutive5xx: number
  readonly intervalMs: number
  readonly baseEjectionMs: number
  readonly maxEjectionMs: number
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

/** How Linkerd does. */
export interface PromisedAccrual {
  readonly policy: 'linkerd-accrual'
  readonly timeoutsCount: boolean
  readonly maxFailures: number
  readonly minPenaltyMs: number
  readonly maxPenaltyMs: number
  readonly jitterRatio: number
}

export type PromisedEjection = PromisedOutliers | PromisedAccrual

export function promisedEjection({
  outlier_detection: own,
}: Scenario['pools'][number]): PromisedEjection | undefined {
  if (own === undefined) return undefined
  const timeoutsCount = own.timeouts !== 'ignore'
  if (own.policy === 'linkerd-accrual') {
    const { policy, max_failures: maxFailures, jitter_ratio: jitterRatio } = own
    const [minPenaltyMs, maxPenaltyMs] = [own.min_penalty_s * 1000, own.max_penalty_s * 1000]
    return { policy, timeoutsCount, maxFailures, minPenaltyMs, maxPenaltyMs, jitterRatio }
  }
  const baseEjectionMs = own.base_ejection_time_s * 1000
  return {
    policy: own.policy,
    timeoutsCount,
    consecutive5xx: own.consecutive_5xx,
    intervalMs: own.interval_s * 1000,
    baseEjectionMs,
    maxEjectionMs:
      own.max_ejection_time_s !== undefined
        ? own.max_ejection_time_s * 1000
        : Math.max(300_000, baseEjectionMs),
    maxEjectionPercent: own.max_ejection_percent,
    alwaysEjectOne: own.always_eject_one_host,
    enforcesConsecutive5xx: own.enforcing_consecutive_5xx > 0,
    successRate: {
      enforced: own.enforcing_success_rate > 0,
      minimumHosts: own.success_rate_minimum_hosts,
      requestVolume: own.success_rate_request_volume,
      stdevFactor: own.success_rate_stdev_factor,
    },
    failurePercentage: {
      enforced: own.enforcing_failure_percentage > 0,
      minimumHosts: own.failure_percentage_minimum_hosts,
      requestVolume: own.failure_percentage_request_volume,
      threshold: own.failure_percentage_threshold,
    },
    panicThresholdPercent: own.panic_threshold_percent,
  }
}
