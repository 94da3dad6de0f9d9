import type { Traffic } from '../serving/index.ts'
import type { Link } from './link.ts'
import type { Hardware, WorldStreams } from './machine/hardware.ts'
import type { Machine } from './machine/machine.ts'
import type { OverheadModel } from './machine/overheads.ts'
import type { ModelLoads } from './memory/model-loads.ts'
import type { WorldMemory } from './memory/world-memory.ts'

/** The parts of a simulated world. */
export interface WorldParts extends Traffic {
  /** of each executor */
  readonly hardware: readonly Hardware[]
  readonly machine: Machine
  readonly random: WorldStreams
  /** send delay of requests; null where the source's times include it */
  readonly sendDelay: OverheadModel | null
  readonly timer: OverheadModel | null
  /** null where requests reach their queue when they are sent */
  readonly link?: Link | null
  /** null where memory is not simulated */
  readonly memory?: WorldMemory | null
  /** loads of swappable models; replaces those that `memory` simulates */
  readonly loads?: ModelLoads | null
}
