import type { ServingPlan } from '../../sim/serving/index.ts'
import type { DispatcherJob, DispatcherReply } from './dispatcher-thread.ts'
import type { FleetEngine } from './engine.ts'
import {
  type Collections,
  FleetThreads,
  type OpenedFleet,
  type ServedFleet,
} from './fleet-threads.ts'

export type FleetRequest =
  | {
      readonly kind: 'open'
      readonly plan: ServingPlan
      readonly engines: readonly FleetEngine[]
    }
  | { readonly kind: 'perform'; readonly job: DispatcherJob }
  | { readonly kind: 'stop' }

export type FleetReply = OpenedFleet | DispatcherReply | Collections

/** The threads of a process, and what they answer to its parent. */
export class FleetHost {
  #threads: FleetThreads | null = null

  /** Throws before the fleet is open. */
  get threads(): FleetThreads {
    if (this.#threads === null) throw new Error('Expected a fleet to be open')
    return this.#threads
  }

  /** `served`: null where traffic is replayed. */
  async answer(
    request: FleetRequest,
    onPart: (done: number) => void,
    served: ServedFleet | null = null,
  ): Promise<FleetReply> {
    if (request.kind === 'open') {
      this.#threads = await FleetThreads.open(request.plan, request.engines, served)
      return this.#threads.opened
    }
    return request.kind === 'stop' ? this.threads.stop() : this.threads.perform(request.job, onPart)
  }
}
