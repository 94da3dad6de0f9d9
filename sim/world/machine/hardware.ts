import type { Random } from '../../kernel/index.ts'
import type { OverheadModel } from './overheads.ts'
import type { StepLaw } from './step-runs.ts'
import type { WakeCurve, WorkModel } from './work.ts'

/** What executors of one kind are like; null overheads cost nothing. */
export interface Hardware {
  readonly work: WorkModel
  readonly wake: WakeCurve
  readonly overheads: OverheadModel | null
  /** null where requests are served in one go */
  readonly steps?: StepLaw | null
}

/** Random streams of the world: each purpose has its own. */
export interface WorldStreams {
  readonly service: Random
  readonly overheads: Random
}
