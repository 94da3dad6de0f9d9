import type { RunSummary } from '../../../sim/experiment/index.ts'
import { serveParent } from '../../process/serve-parent.ts'
import {
  type ConfigurationBase,
  type ConfigurationRequest,
  type ConfigurationRuns,
  Configurations,
} from './configuration-runs.ts'
import { HeldSystem, type SentSystem } from './system-runs.ts'

/**
 * A process that simulates what it is asked for, one request after another, in its only thread:
 * while it simulates it takes no message, so it ends with its parent where it reports a share.
 */

/** What requests are of: it is sent once, before them. */
export type Subject = ConfigurationBase | SentSystem

interface Simulator {
  simulate(
    request: ConfigurationRequest,
    onShare: (share: number) => void,
  ): Promise<ConfigurationRuns | readonly RunSummary[]>
}

let simulator: Simulator | null = null

async function answer(
  message: Subject | ConfigurationRequest,
  onShare: (share: number) => void,
): Promise<ConfigurationRuns | readonly RunSummary[] | null> {
  if (!('from' in message)) {
    simulator = 'path' in message ? new Configurations(message) : new HeldSystem(message)
    return null
  }
  if (simulator === null) throw new Error('Expected what a request is of before it')
  return simulator.simulate(message, onShare)
}

serveParent(answer)
