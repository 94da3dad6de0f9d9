import { EXIT, Failure } from '../scenarios/index.ts'
import type { SimulationInput } from '../sim/experiment/index.ts'
import type { RunSummary } from '../sim/stats/index.ts'
import { threadsFor } from './demand.ts'
import type { ReplicationJob } from './replication-thread.ts'
import { nextMessage, startThread } from './thread.ts'
import type { Traces } from './trace-readers.ts'

export interface ReplicationOptions {
  readonly workers?: number | undefined
  /** needed where traces are not held: every replication reads them for itself */
  readonly traces?: Traces
  readonly signal: AbortSignal
  readonly onProgress: (done: number, of: number) => void
}

/**
 * Runs replications 0 … n-1, spread over threads, so that this one can take a Ctrl-C. Each depends
 * on its number alone, and they come back in that order, so the result is the same whatever the
 * number of threads.
 */
export async function runReplications(
  input: SimulationInput,
  n: number,
  options: ReplicationOptions,
): Promise<RunSummary[]> {
  const workers = threadsFor(n, options.workers)
  const runs: RunSummary[] = []
  let next = 0
  let done = 0
  const finished = (replication: number, run: RunSummary) => {
    runs[replication] = run
    options.onProgress(++done, n)
  }
  options.onProgress(0, n)
  const job: ReplicationJob = {
    ...input,
    streamed: options.traces
      ? { directory: options.traces.directory, traces: options.traces.traces }
      : null,
    requests: input.requests?.columns ?? null,
  }
  const threads = Array.from({ length: workers }, () => startThread('replication-thread', job))
  const stop = () => Promise.all(threads.map((thread) => thread.terminate()))
  options.signal.addEventListener('abort', stop, { once: true })
  try {
    await Promise.all(
      threads.map(async (thread) => {
        while (next < n) {
          const replication = next++
          thread.postMessage(replication)
          finished(replication, await nextMessage<RunSummary>(thread))
        }
      }),
    )
    return runs
  } catch (error) {
    throw options.signal.aborted ? new Failure('interrupted', EXIT.interrupted) : error
  } finally {
    options.signal.removeEventListener('abort', stop)
    await stop()
  }
}
