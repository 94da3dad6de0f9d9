import type { Ms } from '../../ports.ts'
import type { ResidencyPlan } from '../memory-plan.ts'

/** A use of a model: a batch was dispatched, or its weights have come for one. */
export interface Use {
  readonly at: Ms
  /** batches so far, this one included, in all its stays */
  readonly uses: number
  /** how long it would take to load its weights again */
  readonly loadMs: Ms
  /** what would be free if it went */
  readonly residentBytes: number
  /** highest credit that was evicted from the device so far; 0 at first */
  readonly evicted: number
}

/**
 * Whose weights make room: of the models that may go, the one with the least credit; of equals the
 * one used least recently. Credit is given with each use.
 */
export interface EvictionPolicy {
  readonly kind: ResidencyPlan['eviction']
  credit(use: Use): number
}
