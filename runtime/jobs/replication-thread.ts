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

/** How much of the traffic of a replication has been simulated, 0 to 1. */
export interface ReplicationShare {
  readonly kind: 'share'
  readonly share: number
}

/** Thread to parent: shares while a replication runs, and then how it ended. */
export type ReplicationMessage =
  | ReplicationShare
  | { readonly kind: 'run'; readonly run: RunSummary }
  | FailureMessage

/** The simulation whose replications are requested by number. */
let simulation: { readonly input: SimulationInput; readonly streamed: Traces | null } | null = null

async function run(replication: number): Promise<RunSummary> {
  if (simulation === null) throw new Error('Expected a simulation before its replications')
  const { input, streamed } = simulation
  return oneReplication(input, streamed, replication, (share) => {
    const message: ReplicationMessage = { kind: 'share', share }
    parentPort?.postMessage(message)
  })
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
