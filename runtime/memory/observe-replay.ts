import { join } from 'node:path'
import { EXIT, Failure, type Scenario } from '../../scenarios/index.ts'
import { type ArenaDocument, type ArenaReplica, arenaSchema } from '../../sim/documents/index.ts'
import { OUTCOME } from '../../sim/serving/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { cacheDirectory } from '../folders/profile-paths.ts'
import { ARENA_FILE, readDocument } from '../folders/run-folder.ts'
import type { Prepared } from '../jobs/prepare.ts'
import { materialise, sessionOptions } from '../models/index.ts'
import type { ArenaLog, ArenaRun } from './arena-log.ts'
import { weightsApart } from './fit-plan.ts'
import { hasLastingArena } from './memory-pass.ts'
import { type ObserveOptions, observeArena } from './observe-arena.ts'

/** Observed batches of each replica. */
const OBSERVED_BATCHES = 500

/** The replica of each executor. */
const replicasOf = ({ pools }: Scenario) =>
  pools.flatMap((pool) =>
    Array.from({ length: pool.replicas }, (_, replica) => ({ pool, replica })),
  )

/** Runs the batches of a replay again and observes the arenas; null if none is observable. */
export async function observeReplay(
  { scenario, directory }: Prepared,
  { rows, signal, onProgress = () => {} }: ObserveOptions & { readonly rows: Rows },
): Promise<ArenaDocument['replicas'] | null> {
  if (!scenario.pools.some((pool) => hasLastingArena(scenario, pool))) return null
  const ran = replayedBatches(rows)
  const replicas = replicasOf(scenario)
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
        signal,
        onProgress: (done, of) => onProgress(executor + done / Math.max(1, of), replicas.length),
      },
    )
    observed.push({
      pool: pool.name,
      replica,
      pattern: session.memoryPattern === true,
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

function leftOut(observed: number, asked: number, all: number): string | null {
  const count = (n: number) => n.toLocaleString('en-US')
  if (observed < asked)
    return `the profiler of ONNX Runtime was full after ${count(observed)} batches`
  return asked < all
    ? `only the first ${count(asked)} of ${count(all)} batches were run again`
    : null
}

/** Arenas of a folder's first replay; null if none is observable. Throws `Failure`. */
export async function readArena(
  directory: string,
  { scenario }: Prepared,
  rows: Rows,
): Promise<ArenaDocument | null> {
  if (!scenario.pools.some((pool) => hasLastingArena(scenario, pool))) return null
  const path = join(directory, ARENA_FILE)
  const arena = await readDocument(directory, 'memory', arenaSchema)
  if (arena === null) throw new Failure(`${path}: no such file; replay the scenario again`)
  const ran = replayedBatches(rows)
  const executors = replicasOf(scenario)
  for (const { pool, replica, sizes, lengths } of arena.replicas) {
    const at = executors.findIndex(
      (executor) => executor.pool.name === pool && executor.replica === replica,
    )
    const batches = ran.get(at) ?? []
    const same = sizes.every((size, i) => {
      const batch = batches[i]
      return batch?.size === size && batch.length === lengths[i]
    })
    if (same) continue
    const text = `${path}: not the batches of replica ${replica + 1} of ${pool} in the first replay`
    throw new Failure(text, EXIT.notComparable)
  }
  return arena
}

/** A batch that an executor ran in a replay; ms. */
interface ReplayedBatch {
  readonly size: number
  /** padded */
  readonly length: number
  readonly started: number
  readonly ended: number
}

/** The batches of each executor in order. Batches that ran out of memory are left out. */
export function replayedBatches({ columns, count }: Rows): ReadonlyMap<number, ReplayedBatch[]> {
  const listed = new Set<number>()
  const executors = new Map<number, ReplayedBatch[]>()
  for (let row = 0; row < count; row++) {
    const batch = columns.batch[row]!
    if (batch < 0 || listed.has(batch) || columns.outcome[row] === OUTCOME.failed) continue
    listed.add(batch)
    const executor = columns.executor[row]!
    const list = executors.get(executor) ?? []
    if (list.length === 0) executors.set(executor, list)
    list.push({
      size: columns.batchSize[row]!,
      length: columns.padded[row]!,
      started: columns.started[row]!,
      ended: columns.ended[row]!,
    })
  }
  for (const list of executors.values()) list.sort((a, b) => a.started - b.started)
  return executors
}
