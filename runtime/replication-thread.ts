import { parentPort, workerData } from 'node:worker_threads'
import { runReplication, type SimulationInput } from '../sim/experiment/index.ts'
import { RequestList, type RequestListColumns } from '../sim/traffic/index.ts'

/** A simulation as it travels to a thread: the list of requests as its columns. */
export type ReplicationJob = Omit<SimulationInput, 'requests'> & {
  readonly requests: RequestListColumns | null
}

const job = workerData as ReplicationJob
const requests = job.requests === null ? null : RequestList.of(job.requests)

parentPort?.on('message', (replication: number) => {
  parentPort?.postMessage(runReplication({ ...job, requests }, replication))
})
