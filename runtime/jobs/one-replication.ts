import {
  runReadingReplication,
  runReplication,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { type Traces, traceReaders } from './trace-readers.ts'

/** One replication; its traces are read piece by piece, or `streamed` is null and all are held. */
export async function oneReplication(
  input: SimulationInput,
  streamed: Traces | null,
  replication: number,
): Promise<RunSummary> {
  if (streamed === null) return runReplication(input, replication)
  const readers = traceReaders(input.scenario, streamed)
  try {
    return await runReadingReplication(input, replication, readers.read)
  } finally {
    await readers.close()
  }
}
