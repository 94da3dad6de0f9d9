import { resolve } from 'node:path'
import { mayRepeat, type SimulationInput } from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { Child, entryBeside } from '../process/child.ts'
import { threadsFor } from './demand.ts'
import { PartialProgress } from './partial-progress.ts'
import type { Replication, ReplicationRequest } from './replication-process.ts'
import type { Traces } from './trace-readers.ts'

export interface ReplicationOptions {
  readonly workers?: number | undefined
  /** the first replication; default 0 */
  readonly from?: number
  /** needed where traces are not held: every replication reads them for itself */
  readonly traces?: Traces
  readonly signal?: AbortSignal | undefined
  /** gets how many replications are done, parts of them included */
  readonly onProgress?: ((done: number, of: number) => void) | undefined
}

/** Processes with warm threads that wait for the next simulation. */
const idle: Child[] = []

/**
 * Runs n replications on threads of another process, so that this one can handle Ctrl-C. Each
 * depends on its number alone, so the result does not depend on the number of threads. Where
 * nothing is random a single one is run, and stands for all.
 */
export async function runReplications(
  input: SimulationInput,
  n: number,
  options: ReplicationOptions,
): Promise<RunSummary[]> {
  if (n < 2 || !mayRepeat(input)) return runAll(input, n, options)
  const { from = 0, onProgress } = options
  const progress = (done: number) => onProgress?.(done, n)
  const [first] = await runAll(input, 1, { ...options, onProgress: progress })
  if (first!.exact) {
    progress(n)
    return Array<RunSummary>(n).fill(first!)
  }
  const others = { ...options, from: from + 1, onProgress: (done: number) => progress(1 + done) }
  return [first!, ...(await runAll(input, n - 1, others))]
}

async function runAll(
  input: SimulationInput,
  n: number,
  { workers, from = 0, traces, signal, onProgress }: ReplicationOptions,
): Promise<RunSummary[]> {
  const request: ReplicationRequest = {
    job: {
      ...inputAlone(input),
      // a process that waits for its next simulation began in another working directory
      streamed: traces ? { directory: resolve(traces.directory), traces: traces.traces } : null,
      requests: input.requests?.columns ?? null,
    },
    from,
    n,
    workers: threadsFor(n, workers),
  }
  const runs: RunSummary[] = []
  const progress = new PartialProgress()
  const onPart = (part: Replication) => {
    if (part.run === null) progress.part(part.replication, part.share)
    else {
      runs[part.replication - from] = part.run
      progress.ended(part.replication)
    }
    onProgress?.(progress.done, n)
  }
  onProgress?.(0, n)
  const child = takeIdle()
  try {
    await child.ask<null, Replication>(request, { signal, onPart })
  } catch (error) {
    child.end()
    throw error
  }
  idle.push(child)
  return runs
}

/** The part of a system that threads need. */
function inputAlone(input: SimulationInput): Omit<SimulationInput, 'requests'> {
  const { scenario, models, activations, plan, capacityRps, traces, clients, tokenTimes } = input
  return {
    ...{ scenario, models, activations, plan, capacityRps, traces },
    ...(clients && { clients }),
    ...(tokenTimes && { tokenTimes }),
  }
}

/** Ends the processes that wait for another simulation. They end with this process, too. */
export function closeSimulations(): void {
  for (const child of idle.splice(0)) child.end()
}

function takeIdle(): Child {
  for (let child = idle.pop(); child !== undefined; child = idle.pop()) {
    if (child.alive) return child
  }
  const entry = entryBeside(import.meta.url, 'replication-process')
  return new Child(entry, { name: 'the simulation' })
}
