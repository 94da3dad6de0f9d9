import { join } from 'node:path'
import { EXIT, Failure } from '../../scenarios/index.ts'
import { type ArenaDocument, arenaSchema } from '../../sim/documents/index.ts'
import type { Rows } from '../../sim/stats/index.ts'
import { ARENA_FILE, readDocument } from '../folders/run-folder.ts'
import type { Prepared } from '../jobs/prepare.ts'
import { hasLastingArena } from './memory-pass.ts'
import { replayedBatches } from './replayed-batches.ts'

/**
 * Activity of arenas during a folder's first replay; null if no pool has an observable arena.
 * Throws `Failure` if the document is missing, or belongs to another replay.
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
