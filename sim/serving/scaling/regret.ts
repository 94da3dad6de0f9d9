/** What a policy did: one figure for each step of a run. */
export interface PolicySeries {
  /** replicas that are paid for, serving or starting */
  readonly paid: readonly number[]
  readonly serving: readonly number[]
}

export interface RegretOptions {
  readonly stepS: number
  readonly priceUsdPerHour: number
}

/** How much more a policy cost than the oracle, and how often it was short of it. */
export interface Regret {
  readonly replicaHours: number
  readonly oracleReplicaHours: number
  /** replica-hours above those of the oracle; below 0 where the policy saved on requests */
  readonly regretReplicaHours: number
  readonly regretUsd: number
  /** replica-hours that were missing while fewer replicas served than the oracle's */
  readonly shortReplicaHours: number
  readonly shortShare: number
}

/**
 * The regret of a policy against an oracle. A policy that is short is cheap, so replica-hours say
 * nothing without the share of time in which it was short.
 */
export function regret(
  policy: PolicySeries,
  oracle: PolicySeries,
  { stepS, priceUsdPerHour }: RegretOptions,
): Regret {
  const steps = oracle.paid.length
  for (const { length } of [policy.paid, policy.serving, oracle.serving]) {
    if (length !== steps) throw new Error(`series of ${length} and of ${steps} steps`)
  }
  const hours = (replicaSteps: number) => (replicaSteps * stepS) / 3600
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  const missing = oracle.serving.map((needed, i) => Math.max(0, needed - policy.serving[i]!))
  const [paidHours, least] = [hours(sum(policy.paid)), hours(sum(oracle.paid))]
  return {
    replicaHours: paidHours,
    oracleReplicaHours: least,
    regretReplicaHours: paidHours - least,
    regretUsd: (paidHours - least) * priceUsdPerHour,
    shortReplicaHours: hours(sum(missing)),
    shortShare: steps === 0 ? 0 : missing.filter((count) => count > 0).length / steps,
  }
}
