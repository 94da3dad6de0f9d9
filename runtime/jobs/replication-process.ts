import type { Worker } from 'node:worker_threads'
import type { RunSummary } from '../../sim/stats/index.ts'
import { entryBeside } from '../process/child.ts'
import { failureOf, isFailure } from '../process/failure-message.ts'
import { serveParent } from '../process/serve-parent.ts'
import { nextMessage, startThread } from '../process/thread.ts'
import type { ReplicationJob, ReplicationMessage } from './replication-thread.ts'

/** Replications from … from + n - 1 of a simulation, spread over so many threads. */
export interface ReplicationRequest {
  readonly job: ReplicationJob
  readonly from: number
  readonly n: number
  readonly workers: number
}

/** A replication has ended; or, where `run` is null, this share of it is done. */
export type Replication =
  | { readonly replication: number; readonly run: RunSummary }
  | { readonly replication: number; readonly run: null; readonly share: number }

const THREAD = entryBeside(import.meta.url, 'replication-thread')
/** Kept from one request to the next. */
const threads: Worker[] = []

async function answer(
  { job, from, n, workers }: ReplicationRequest,
  onPart: (part: Replication) => void,
): Promise<null> {
  while (threads.length < workers) threads.push(startThread(THREAD, null))
  let next = 0
  await Promise.all(
    threads.slice(0, workers).map(async (thread) => {
      thread.postMessage(job)
      while (next < n) {
        const replication = from + next++
        thread.postMessage(replication)
        const message = await nextMessage<ReplicationMessage>(thread, {
          passes: (early) => {
            if (early.kind !== 'share') return false
            onPart({ replication, run: null, share: early.share })
            return true
          },
        })
        if (isFailure(message)) throw failureOf(message)
        if (message.kind === 'run') onPart({ replication, run: message.run })
      }
    }),
  )
  return null
}

serveParent(answer)
