import {
  runReadingReplication,
  runReplication,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { type Traces, traceReaders } from './trace-readers.ts'

/**
 * One replication; its traces are read piece by piece, or `streamed` is null and all are held.
 * `onTime` gets the simulated time now and then, ms.
 */
export async function oneReplication(
  input: SimulationInput,
  streamed: Traces | null,
  replication: number,
  onTime?: (now: number) => void,
): Promise<RunSummary> {
  if (streamed === null) return runReplication(input, replication, onTime)
  const readers = traceReaders(input.scenario, streamed)
  try {
    return await runReadingReplication(input, replication, readers.read, onTime)
  } finally {
    await readers.close()
  }
}
