import type { Random } from '../../kernel/index.ts'
import type { OverheadModel } from './overheads.ts'
import type { StepLaw } from './step-runs.ts'
import type { WakeCurve, WorkModel } from './work.ts'

/** The timing of executors of one kind; null overheads cost nothing. */
export interface Hardware {
  readonly work: WorkModel
  readonly wake: WakeCurve
  readonly overheads: OverheadModel | null
  /** null where a request is served in one step */
  readonly steps?: StepLaw | null
}

/** Random streams of the world, one for each purpose. */
export interface WorldStreams {
  readonly service: Random
  readonly overheads: Random
}
