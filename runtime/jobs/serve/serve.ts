import { hasModel } from '../../live/engine.ts'
import { Fleet } from '../../live/fleet.ts'
import type { ListenOptions, ServeEnd } from '../../serve/serve-setup.ts'
import { enginesOf, WARM_UP, type WarmUp, warmUpPools } from '../live-side.ts'
import type { JobOptions } from '../options.ts'
import type { System } from '../prepare.ts'
import { refuseServe } from './refuse-serve.ts'
import { serveSetup } from './serve-setup.ts'

export interface ServeOptions extends JobOptions, ListenOptions {
  /** the most requests at once */
  readonly maxRequests: number
  /** the shapes that run before the first request; default: for at most 10 s */
  readonly warmUp?: Pick<WarmUp, 'shapesMs'>
  /** before models are open, `signal` interrupts; from then on it ends the server */
  readonly signal: AbortSignal
  readonly onListening: (port: number) => void
  readonly onWarning: (text: string) => void
}

/**
 * Serves the models of a scenario to clients, by the control plane of the scenario, until `signal`
 * is set. Its traffic is not sent.
 */
export async function serve(system: System, options: ServeOptions): Promise<ServeEnd> {
  const { signal, onProgress = () => {}, onListening, onWarning, warmUp = WARM_UP } = options
  refuseServe(system)
  onProgress('opening models', 0, 1)
  const engines = (await enginesOf(system, signal)).filter(hasModel)
  const setup = serveSetup(system, engines, options.maxRequests)
  const fleet = await Fleet.open(system.plan, engines, signal, setup)
  try {
    const show = (phase: string) => (done: number, of: number) => onProgress(phase, done, of)
    const warnings = await warmUpPools(system, fleet, warmUp.shapesMs, show)
    for (const text of warnings) onWarning(text)
    const { host, port, allowedHosts, drainMs } = options
    const listen = { host, port, allowedHosts, drainMs }
    return await fleet.serve(system.plan, { listen, stop: signal, onListening })
  } finally {
    // it was set to end the server, and must not interrupt its end
    fleet.signal = new AbortController().signal
    await fleet.close()
  }
}
