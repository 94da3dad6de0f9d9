import type { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

export interface LoadEnd {
  readonly executor: number
  readonly at: Ms
}

/** The loads of swappable models in the simulated world. */
export interface ModelLoads {
  /**
   * Begins a load. Returns its end and those of loads that it delays; null where memory is short,
   * which is reported at once.
   */
  load(now: Ms, executor: number, random: Random): readonly LoadEnd[] | null
  unload(now: Ms, executor: number): void
  /**
   * The process of an executor has ended, with its model and its load. Returns the new ends of
   * other loads.
   */
  lose?(now: Ms, executor: number): readonly LoadEnd[]
}
