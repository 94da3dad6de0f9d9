import type { Scenario } from '../../../scenarios/schema/schema.ts'
import type { Plan } from '../../documents/index.ts'
import { meanWithError } from '../../stats/index.ts'
import { periodS } from '../../traffic/index.ts'
import { meanOf } from '../configuration/cost.ts'
import type { Candidate } from './plan-chains.ts'

/** Those with a price first: dollars and replicas are not compared. */
export const pricedFirst = (a: Candidate, b: Candidate): number =>
  Number(a.unpriced ?? false) - Number(b.unpriced ?? false)

/** What a candidate costs: known in advance, or else the mean of what its runs paid for. */
export function paidCost({ cost }: Candidate, paid: readonly number[] | null): number {
  return paid === null || paid.length === 0 ? cost : meanOf(paid)
}

/** The lower end of the 95 % interval of that, which is never below what is surely paid. */
export function leastPaid(candidate: Candidate, paid: readonly number[] | null): number {
  const mean = paidCost(candidate, paid)
  if (paid === null || paid.length < 2) return paid === null ? mean : candidate.cost
  if (paid.every((value) => value === paid[0])) return mean
  return Math.max(candidate.cost, mean - meanWithError(paid).halfWidth)
}

/** Whether two candidates differ in what they pay for, by a paired t test at 95 %. */
export function costsDiffer(a: readonly number[], b: readonly number[]): boolean {
  const n = Math.min(a.length, b.length)
  const differences = Array.from({ length: n }, (_, i) => a[i]! - b[i]!)
  if (n < 2) return false
  if (differences.every((value) => value === differences[0])) return differences[0] !== 0
  const { mean, halfWidth } = meanWithError(differences)
  return Math.abs(mean) > halfWidth
}

const DAY_S = 86_400

/**
 * The hours whose mean is the cost of scaled pools. They are those of a month only where whole days
 * of traffic are counted: pressed into minutes, a day has its peak in every hour.
 */
export function paidHours({
  duration_s,
  warmup_s,
  traffic,
}: Pick<Scenario, 'duration_s' | 'warmup_s' | 'traffic'>): NonNullable<Plan['paid_hours']> {
  const counted = duration_s - warmup_s
  const period = Math.max(...traffic.map(({ arrivals }) => periodS(arrivals)))
  // a schedule or a trace is taken as it is
  const isStated = period === 0 || period === Number.POSITIVE_INFINITY
  const days = counted % DAY_S === 0 && (isStated || counted % period === 0)
  return { counted_s: counted, whole_days: days }
}
