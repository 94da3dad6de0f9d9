import { type Ms, OUTCOME } from '../../serving/index.ts'

/** The further copies of the hedged requests of a class, in one pool. */
export class CopyCounts {
  /** copies but the first */
  sent = 0
  /** of those, the ones that answered their request */
  won = 0
  /** first and further copies that left a queue because of another */
  withdrawn = 0
  /** first and further copies that completed after another */
  redundant = 0
  /** shares of batches: of all copies, and of redundant ones, ms */
  serviceMs: Ms = 0
  redundantMs: Ms = 0

  /** A copy has ended; `copy` is 0 for the first. */
  ended(copy: number, outcome: number, serviceMs: Ms): void {
    if (copy > 0) this.sent++
    if (copy > 0 && outcome === OUTCOME.served) this.won++
    if (outcome === OUTCOME.withdrawn) this.withdrawn++
    this.serviceMs += serviceMs
    if (outcome !== OUTCOME.redundant) return
    this.redundant++
    this.redundantMs += serviceMs
  }

  merge(other: CopyCounts): void {
    this.sent += other.sent
    this.won += other.won
    this.withdrawn += other.withdrawn
    this.redundant += other.redundant
    this.serviceMs += other.serviceMs
    this.redundantMs += other.redundantMs
  }
}

/** The counts as numbers, to pass between threads. */
export type CopySummary = Readonly<
  Pick<CopyCounts, 'sent' | 'won' | 'withdrawn' | 'redundant' | 'serviceMs' | 'redundantMs'>
>

/** Whether the request has another copy or attempt, so that this one is not counted as lost. */
export function isSpare(outcome: number): boolean {
  return (
    outcome === OUTCOME.withdrawn || outcome === OUTCOME.redundant || outcome === OUTCOME.retried
  )
}
