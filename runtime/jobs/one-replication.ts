import {
  runReadingReplication,
  runReplication,
  type SimulationInput,
} from '../../sim/experiment/index.ts'
import type { RunSummary } from '../../sim/stats/index.ts'
import { type Traces, traceReaders } from './trace-readers.ts'

/** A bar is drawn a few times a second, ms. */
const SHARE_EVERY_MS = 250

/**
 * One replication; its traces are read piece by piece, or `streamed` is null and all are held.
 * `onShare` gets now and then how much of its traffic has been simulated, 0 to 1.
 */
export async function oneReplication(
  input: SimulationInput,
  streamed: Traces | null,
  replication: number,
  onShare?: (share: number) => void,
): Promise<RunSummary> {
  const onTime = onShare && sharesOf(input.scenario.duration_s * 1000, onShare)
  if (streamed === null) return runReplication(input, replication, onTime)
  const readers = traceReaders(input.scenario, streamed)
  try {
    return await runReadingReplication(input, replication, readers.read, onTime)
  } finally {
    await readers.close()
  }
}

function sharesOf(endMs: number, onShare: (share: number) => void): (now: number) => void {
  let sentAt = Number.NEGATIVE_INFINITY
  return (now) => {
    const at = performance.now()
    if (at < sentAt + SHARE_EVERY_MS) return
    sentAt = at
    onShare(Math.min(1, now / endMs))
  }
}
