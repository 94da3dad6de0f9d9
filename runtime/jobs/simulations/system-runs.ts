import {
  type RecordsRun,
  type RunSummary,
  readingReplication,
  recordedReplication,
  recordRun,
  type SimulationInput,
} from '../../../sim/experiment/index.ts'
import { RequestList, type RequestListColumns } from '../../../sim/traffic/index.ts'
import { type Traces, traceReaders } from '../trace-readers.ts'

/** A bar is drawn a few times a second, ms. */
const SHARE_EVERY_MS = 250

/** A system as it travels to a process: the list of requests as its columns. */
export type SentSystem = Omit<SimulationInput, 'requests'> & {
  readonly requests: RequestListColumns | null
  /** the traces that are read piece by piece; null where all are held */
  readonly streamed: Traces | null
}

/** Replications `from` to `to` - 1. */
export interface ReplicationRange {
  readonly from: number
  readonly to: number
}

/** The part of a system that replications need. */
export function sentSystem(input: SimulationInput, traces: Traces | undefined): SentSystem {
  const { scenario, models, activations, plan, capacityRps, clients, tokenTimes } = input
  return {
    ...{ scenario, models, activations, plan, capacityRps, traces: input.traces },
    ...(clients && { clients }),
    ...(tokenTimes && { tokenTimes }),
    streamed: traces ? { directory: traces.directory, traces: traces.traces } : null,
    requests: input.requests?.columns ?? null,
  }
}

/** A system that was sent, in the process that simulates it. */
export class HeldSystem {
  readonly #input: SimulationInput
  readonly #streamed: Traces | null

  constructor({ streamed, requests, ...input }: SentSystem) {
    this.#input = { ...input, requests: requests && RequestList.of(requests) }
    this.#streamed = streamed
  }

  async simulate(
    { from, to }: ReplicationRange,
    onShare: (share: number) => void,
  ): Promise<readonly RunSummary[]> {
    const runs: RunSummary[] = []
    for (let replication = from; replication < to; replication++) {
      const onPart = (share: number) => onShare((replication - from + share) / (to - from))
      runs.push(await oneReplication(this.#input, this.#streamed, replication, onPart))
    }
    return runs
  }
}

/** A replication, and how it is simulated. */
export interface AskedReplication {
  readonly replication: number
  /** the traces that are read piece by piece; null where all are held */
  readonly streamed: Traces | null
  /** gets now and then how much of its traffic has been simulated, 0 to 1 */
  readonly onShare?: ((share: number) => void) | undefined
}

/** All figures of one replication. */
export const oneReplication = (
  input: SimulationInput,
  streamed: Traces | null,
  replication: number,
  onShare?: (share: number) => void,
): Promise<RunSummary> => replicationBy(recordRun, input, { streamed, replication, onShare })

/** What `record` has of one replication. */
export async function replicationBy<S>(
  record: RecordsRun<S>,
  input: SimulationInput,
  { streamed, replication, onShare }: AskedReplication,
): Promise<S> {
  const onPiece = onShare && sharesOf(input.scenario.duration_s * 1000, onShare)
  if (streamed === null) return recordedReplication(record, input, replication, onPiece)
  const readers = traceReaders(input.scenario, streamed)
  try {
    const { read } = readers
    return await readingReplication(record, input, replication, { read, onPiece })
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
