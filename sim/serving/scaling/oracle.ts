/** The fewest replicas at each step of a series, by an oracle that knows it. */
export interface OracleReplicas {
  /** replicas that serve */
  readonly serving: readonly number[]
  /** replicas that are paid for: those that serve and those that start in time for later steps */
  readonly paid: readonly number[]
  /** steps in which even `max` replicas are too few */
  readonly shortSteps: number
}

export interface OracleOptions {
  /** the fewest replicas that hold the SLO at a rate */
  readonly needed: (rate: number) => number
  /** steps from asking for a replica to its first request */
  readonly leadSteps: number
  readonly min?: number
  readonly max?: number
}

/**
 * The fewest replicas that hold the SLO at each step. A replica that serves in a step was asked for
 * `leadSteps` before, so a plan p serves min(p[t - lead .. t]) at t at most. That is enough where
 * p[u] >= needed[t] for each t in u .. u + lead. So the least plan is the maximum of what is needed
 * over the lead that follows; it also keeps a replica through a gap that is shorter than a start.
 */
export function oracleReplicas(
  rates: readonly number[],
  { needed, leadSteps, min = 0, max = Number.POSITIVE_INFINITY }: OracleOptions,
): OracleReplicas {
  if (!Number.isInteger(leadSteps) || leadSteps < 0) throw new Error(`lead of ${leadSteps} steps`)
  const need = rates.map(needed)
  const serving = need.map((replicas) => Math.min(max, Math.max(min, replicas)))
  return {
    serving,
    paid: forwardMaximum(serving, leadSteps),
    shortSteps: need.filter((replicas) => replicas > max).length,
  }
}

/** The maximum of each value and the `ahead` values after it, in linear time. */
function forwardMaximum(values: readonly number[], ahead: number): number[] {
  const result: number[] = Array.from({ length: values.length }, () => 0)
  // places of values that fall from the front to the back
  const places: number[] = []
  let front = 0
  for (let i = values.length - 1; i >= 0; i--) {
    while (places.length > front && values[places.at(-1)!]! <= values[i]!) places.pop()
    places.push(i)
    if (places[front]! > i + ahead) front++
    result[i] = values[places[front]!]!
  }
  return result
}
