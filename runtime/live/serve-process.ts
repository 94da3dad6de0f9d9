import type { ServingPlan } from '../../sim/serving/index.ts'
import { serveParent } from '../process/serve-parent.ts'
import {
  END,
  type ListenOptions,
  type ServeEnd,
  type ServePart,
  type ServeSetup,
} from '../serve/serve-setup.ts'
import { ServedSystem } from '../serve/served-system.ts'
import { FleetHost, type FleetReply, type FleetRequest } from './fleet-host.ts'

/** Parent to process: what a fleet does, and beside it to serve clients. */
export type ServeRequest =
  | (FleetRequest & { readonly setup?: ServeSetup })
  | { readonly kind: 'serve'; readonly plan: ServingPlan; readonly listen: ListenOptions }

const host = new FleetHost()
let system: ServedSystem | null = null
let end = () => {}
const stopped = new Promise<void>((resolve) => {
  end = resolve
})

serveParent<ServeRequest, FleetReply | ServeEnd, ServePart>(
  async (request, onPart) => {
    if (request.kind !== 'serve') {
      if (request.setup !== undefined) system = new ServedSystem(request.setup)
      return host.answer(request, onPart, system?.fleet ?? null)
    }
    if (system === null) throw new Error('Expected a system to be open before it serves')
    const onListening = (port: number) => void onPart({ port })
    return system.serve(host.threads, request.plan, { ...request.listen, stopped, onListening })
  },
  (note) => {
    if (note === END) end()
  },
)
