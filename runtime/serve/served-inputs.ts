import type { SharedInputs } from '../models/index.ts'

/** What an engine takes from clients, in place of drawn inputs. */
export interface ServedInputs {
  readonly inputs: SharedInputs
  /** the longest and the shortest padded length */
  readonly lengths: readonly [number, number]
}
