import type { Ms } from '../../serving/index.ts'

/** Maps expected numbers of arrivals to times. */
export interface OperationalTime {
  /** Time at which `sum` arrivals are expected, ms; Infinity for never. Call with rising sums. */
  inverse(sum: number): Ms
}
