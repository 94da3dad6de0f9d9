import type { Random } from '../../kernel/index.ts'
import type { Ms } from '../../serving/index.ts'

export interface LoadEnd {
  readonly executor: number
  readonly at: Ms
}

/** What the simulated world knows of models that come and go. */
export interface ModelLoads {
  /**
   * A load begins. When it ends, and when others do whose ends it shifts; null where its memory is
   * short, which shows at once.
   */
  load(now: Ms, executor: number, random: Random): readonly LoadEnd[] | null
  unload(now: Ms, executor: number): void
}
