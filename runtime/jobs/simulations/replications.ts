import { mayRepeat, type RunSummary, type SimulationInput } from '../../../sim/experiment/index.ts'
import type { Traces } from '../trace-readers.ts'
import { PartialProgress } from './partial-progress.ts'
import { SimulationPool } from './simulation-pool.ts'
import { processesFor } from './simulation-processes.ts'
import { sentSystem } from './system-runs.ts'

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

/** Runs n replications. Where nothing is random a single one is run, and stands for all. */
export async function runReplications(
  input: SimulationInput,
  n: number,
  { workers, from = 0, traces, signal, onProgress }: ReplicationOptions,
): Promise<RunSummary[]> {
  const pool = new SimulationPool({ workers: processesFor(n, workers), signal })
  const system = sentSystem(input, traces)
  const progress = new PartialProgress()
  const show = () => onProgress?.(progress.done, n)
  const run = async (replication: number) => {
    const onShare = (share: number) => {
      progress.part(replication, share)
      show()
    }
    const summary = await pool.replication(system, replication, { onShare })
    progress.ended(replication)
    show()
    return summary
  }
  try {
    show()
    const first = n > 1 && mayRepeat(input) ? [await run(from)] : []
    if (first[0]?.exact) {
      onProgress?.(n, n)
      return Array<RunSummary>(n).fill(first[0])
    }
    const others = Array.from({ length: n - first.length }, (_, i) => run(from + first.length + i))
    return [...first, ...(await Promise.all(others))]
  } finally {
    pool.close()
  }
}
