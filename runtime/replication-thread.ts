import { parentPort, workerData } from 'node:worker_threads'
import {
  runReadingReplication,
  runReplication,
  type SimulationInput,
} from '../sim/experiment/index.ts'
import type { RunSummary } from '../sim/stats/index.ts'
import { RequestList, type RequestListColumns } from '../sim/traffic/index.ts'
import { TraceReaders, type Traces } from './trace-readers.ts'

/** A simulation as it travels to a thread: the list of requests as its columns. */
export type ReplicationJob = Omit<SimulationInput, 'requests'> & {
  readonly requests: RequestListColumns | null
  /** the traces that are read piece by piece; null where all are held */
  readonly streamed: Traces | null
}

const job = workerData as ReplicationJob
const requests = job.requests === null ? null : RequestList.of(job.requests)

async function run(replication: number): Promise<RunSummary> {
  if (job.streamed === null) return runReplication({ ...job, requests }, replication)
  const readers = new TraceReaders(job.scenario, job.streamed)
  try {
    return await runReadingReplication({ ...job, requests }, replication, readers.read)
  } finally {
    await readers.close()
  }
}

parentPort?.on('message', async (replication: number) => {
  parentPort?.postMessage(await run(replication))
})
