import type { ArenaDocument, ArenaReplica } from '../../sim/documents/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { cacheDirectory } from '../folders/profile-file.ts'
import type { Prepared } from '../jobs/prepare.ts'
import { materialise, sessionOptions } from '../models/index.ts'
import type { ArenaLog, ArenaRun } from './arena-log.ts'
import { weightsApart } from './fit-plan.ts'
import { hasLastingArena } from './memory-pass.ts'
import { type ObserveOptions, observeArena } from './observe-arena.ts'
import { type ReplayedBatch, replayedBatches } from './replayed-batches.ts'

/** Observed batches of each replica. */
const OBSERVED_BATCHES = 500

export interface ReplayObservation extends ObserveOptions {
  readonly rows: Rows
}

/**
 * Runs the batches of a replay again, replica by replica, and observes the arenas. Null if no pool
 * has an observable arena; arenas of swappable models are not observable.
 */
export async function observeReplay(
  { scenario, directory }: Prepared,
  { rows, signal, onProgress = () => {} }: ReplayObservation,
): Promise<ArenaDocument['replicas'] | null> {
  if (!scenario.pools.some((pool) => hasLastingArena(scenario, pool))) return null
  const ran = replayedBatches(rows)
  const replicas = scenario.pools.flatMap((pool) =>
    Array.from({ length: pool.replicas }, (_, replica) => ({ pool, replica })),
  )
  const observed: ArenaReplica[] = []
  for (const [executor, { pool, replica }] of replicas.entries()) {
    if (!hasLastingArena(scenario, pool)) continue
    const places = { directory, cacheDirectory: cacheDirectory() }
    const file = await materialise(scenario.models[pool.model]!, pool.precision, places)
    const all = ran.get(executor) ?? []
    const first = all.slice(0, OBSERVED_BATCHES)
    const runs = first.map(({ size, length }) => [size, length] as const)
    const session = sessionOptions(pool)
    const log = await observeArena(
      { file, session, runs },
      {
        ...(signal && { signal }),
        onProgress: (done, of) => onProgress(executor + done / Math.max(1, of), replicas.length),
      },
    )
    observed.push({
      ...{ pool: pool.name, replica, pattern: session.memoryPattern === true },
      apart_bytes: weightsApart(file.bytes, log.reserved),
      ...observedReplica(log, all, first.length),
    })
  }
  return observed
}

function observedReplica(
  { reserved, runs, process }: ArenaLog,
  all: readonly ReplayedBatch[],
  asked: number,
): Omit<ArenaReplica, 'pool' | 'replica' | 'pattern' | 'apart_bytes'> {
  const batches = all.slice(0, runs.length)
  const peaks = runs.map(peakOf)
  const weights = reserved.reduce((sum, bytes) => sum + bytes, 0)
  return {
    batches: all.length,
    left_out: leftOut(runs.length, asked, all.length),
    reserved_bytes: [...reserved],
    sizes: batches.map(({ size }) => size),
    lengths: batches.map(({ length }) => length),
    started_ms: batches.map(({ started }) => started),
    ended_ms: batches.map(({ ended }) => ended),
    in_use_bytes: peaks.map(({ inUse }) => inUse),
    requested_bytes: peaks.map(({ requested }) => requested),
    peak_in_use_bytes: runs.at(-1)?.nodes.at(-1)?.peak ?? weights,
    extensions: runs.flatMap(({ extensions }, batch) =>
      extensions.map((bytes) => ({ batch, bytes })),
    ),
    process: {
      started_mib: process.startedMib,
      loaded_mib: process.loadedMib,
      peak_mib: process.peakMib,
      ended_mib: process.endedMib,
    },
  }
}

/** The node after which most bytes are in use; the last of equal ones. */
function peakOf({ nodes }: ArenaRun) {
  return nodes.reduce((most, node) => (node.inUse >= most.inUse ? node : most))
}

function leftOut(seen: number, asked: number, all: number): string | null {
  const count = (n: number) => n.toLocaleString('en-US')
  if (seen < asked) return `the profiler of ONNX Runtime was full after ${count(seen)} batches`
  return asked < all
    ? `only the first ${count(asked)} of ${count(all)} batches were run again`
    : null
}
