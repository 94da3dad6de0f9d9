import type { Random } from '../kernel/index.ts'
import type { ChannelPlan, Traffic } from '../serving/index.ts'
import type { SharedCards } from './cards/shared-cards.ts'
import type { ExecutorLifecycle } from './executors/executor-lifecycle.ts'
import type { Machine } from './machine/machine.ts'
import type { OverheadModel } from './machine/overheads.ts'
import type { HeatWatch } from './machine/speed.ts'
import type { DueEvent } from './machine/stalls.ts'
import type { StepLaw } from './machine/step-runs.ts'
import type { WakeCurve, WorkModel } from './machine/work.ts'
import type { ModelLoads } from './memory/model-loads.ts'
import type { WorldMemory } from './memory/world-memory.ts'

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

/** The parts of a simulated world. */
export interface WorldParts extends Traffic {
  /** of each executor */
  readonly hardware: readonly Hardware[]
  readonly machine: Machine
  readonly random: WorldStreams
  /** send delay of requests; null where the source's times include it */
  readonly sendDelay: OverheadModel | null
  readonly timer: OverheadModel | null
  /** by number; absent where nothing is sent over a channel */
  readonly channels?: readonly ChannelPlan[]
  /** null where memory is not simulated */
  readonly memory?: WorldMemory | null
  /** loads of swappable models; replaces those that `memory` simulates */
  readonly loads?: ModelLoads | null
  /** null where every executor runs all the time */
  readonly lifecycle?: ExecutorLifecycle | null
  /** null where no accelerator becomes too warm */
  readonly heat?: HeatWatch | null
  /** null where no accelerator is shared by time slicing */
  readonly cards?: SharedCards | null
  /** receives each timer that was due, and when it fired or an earlier event did its work */
  readonly fired?: DueEvent[] | null
}
