import type { ServingPlan } from '../../sim/serving/index.ts'
import { serveParent } from '../process/serve-parent.ts'
import type { DispatcherJob, DispatcherReply } from './dispatcher-thread.ts'
import type { EngineOptions } from './engine.ts'
import { type Collections, FleetThreads, type OpenedFleet } from './fleet-threads.ts'

export type FleetRequest =
  | {
      readonly kind: 'open'
      readonly plan: ServingPlan
      readonly engines: readonly EngineOptions[]
    }
  | { readonly kind: 'perform'; readonly job: DispatcherJob }
  | { readonly kind: 'stop' }

export type FleetReply = OpenedFleet | DispatcherReply | Collections

let threads: FleetThreads | null = null

async function answer(request: FleetRequest, onPart: (done: number) => void): Promise<FleetReply> {
  if (request.kind === 'open') {
    threads = await FleetThreads.open(request.plan, request.engines)
    return threads.opened
  }
  if (threads === null) throw new Error(`Expected a fleet to be open before ${request.kind}`)
  return request.kind === 'stop' ? threads.stop() : threads.perform(request.job, onPart)
}

serveParent(answer)
