import type { Requests, Source } from '../serving/index.ts'
import type { Link } from './link.ts'
import type { Hardware, WorldStreams } from './machine/hardware.ts'
import type { Machine } from './machine/machine.ts'
import type { OverheadModel } from './machine/overheads.ts'
import type { ModelLoads } from './memory/model-loads.ts'
import type { WorldMemory } from './memory/world-memory.ts'

/** What a simulated world is made of. */
export interface WorldParts {
  readonly source: Source
  readonly requests: Requests
  /** of each executor */
  readonly hardware: readonly Hardware[]
  readonly machine: Machine
  readonly random: WorldStreams
  /** of handing requests over; null where the source's times already are */
  readonly lag: OverheadModel | null
  readonly timer: OverheadModel | null
  /** null where requests are at their queue when they are sent */
  readonly link?: Link | null
  /** null where memory is no concern */
  readonly memory?: WorldMemory | null
  /** of models that come and go, in place of those that follow from `memory` */
  readonly loads?: ModelLoads | null
}
