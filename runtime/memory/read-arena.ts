import { join } from 'node:path'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { type ArenaDocument, arenaSchema } from '../../sim/documents/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { ARENA_FILE, readDocument } from '../folders/run-folder.ts'
import type { Prepared } from '../jobs/prepare.ts'
import { hasLastingArena } from './memory-pass.ts'
import { replayedBatches } from './replayed-batches.ts'

/**
 * What arenas did with the batches of a folder's first replay; null where no pool has one that can
 * be observed. Throws `Failure` where it is not there, or of another replay.
 */
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
  const executors = scenario.pools.flatMap(({ name, replicas }) =>
    Array.from({ length: replicas }, (_, replica) => `${name} ${replica}`),
  )
  for (const { pool, replica, sizes, lengths } of arena.replicas) {
    const batches = ran.get(executors.indexOf(`${pool} ${replica}`)) ?? []
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
