import { parentPort } from 'node:worker_threads'
import type { SimulationInput } from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { RequestList, type RequestListColumns } from '../../sim/traffic/index.ts'
import { type FailureMessage, failureMessage } from '../process/failure-message.ts'
import { oneReplication } from './one-replication.ts'
import type { Traces } from './trace-readers.ts'

/** A simulation as it travels to a thread: the list of requests as its columns. */
export type ReplicationJob = Omit<SimulationInput, 'requests'> & {
  readonly requests: RequestListColumns | null
  /** the traces that are read piece by piece; null where all are held */
  readonly streamed: Traces | null
}

/** Thread to parent, for each number of a replication. */
export type ReplicationMessage = { readonly kind: 'run'; readonly run: RunSummary } | FailureMessage

/** The simulation whose replications are requested by number. */
let simulation: { readonly input: SimulationInput; readonly streamed: Traces | null } | null = null

async function run(replication: number): Promise<RunSummary> {
  if (simulation === null) throw new Error('Expected a simulation before its replications')
  return oneReplication(simulation.input, simulation.streamed, replication)
}

function begin({ streamed, ...job }: ReplicationJob): void {
  const requests = job.requests === null ? null : RequestList.of(job.requests)
  simulation = { input: { ...job, requests }, streamed }
}

parentPort?.on('message', async (message: ReplicationJob | number) => {
  if (typeof message !== 'number') return begin(message)
  const ended: ReplicationMessage = await run(message).then(
    (summary) => ({ kind: 'run', run: summary }) as const,
    failureMessage,
  )
  parentPort?.postMessage(ended)
})
