import type { Ms } from '../../serving/index.ts'

/** Turns expected numbers of arrivals into times. */
export interface OperationalTime {
  /** When `sum` arrivals are expected to have come; Infinity for never. Call with rising sums. */
  inverse(sum: number): Ms
}
