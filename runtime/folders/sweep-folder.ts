import { existsSync } from 'node:fs'
import { lstat, rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  Failure,
  MOST_CONFIGURATIONS,
  MOST_SHARDS,
  openUserFile,
  Unreadable,
} from '../../scenarios/index.ts'
import { type SweepManifest, sweepManifestSchema } from '../../sim/documents/index.ts'
import { documentText, MOST_JSON, readJson } from './documents.ts'
import { settleFolder } from './replace-files.ts'
import { RESULTS_FILE } from './sweep-results.ts'
import { writeNew } from './write-whole.ts'

/** The folder of a sweep: its plan, the journal of its rows, and at the end its results. */

const MANIFEST_FILE = 'manifest.json'

/** The plan of a folder; null if the folder holds no sweep. Throws `Failure`. */
export async function readManifest(directory: string): Promise<SweepManifest | null> {
  await settleFolder(directory)
  const path = join(directory, MANIFEST_FILE)
  const stats = await lstat(path).catch(() => null)
  if (stats === null) return null
  // what a sweep writes is never a link, which would lead to the plan of another folder
  if (stats.isSymbolicLink()) throw new Failure(`${path}: is a symbolic link; name its folder`)
  const plan = await readJson(path, sweepManifestSchema)
  const problem = planProblem(plan)
  if (problem === null) return plan
  throw new Failure(`${path}: ${problem}; it was not written by spillway`)
}

/** Why a plan cannot be one; null where it can. */
function planProblem({ paths, grid, points, shard }: SweepManifest): string | null {
  if ((grid === null) === (points === null)) return 'has to have either a grid or points'
  if (points?.some((row) => row.length !== paths.length)) {
    return 'has points with more or fewer values than paths'
  }
  if (grid !== null && grid.length !== paths.length) return 'has values of other paths'
  if (shard !== null && shard.of > MOST_SHARDS) {
    const [most, actual] = [MOST_SHARDS, shard.of].map((n) => n.toLocaleString('en-US'))
    return `has ${actual} shards, expected at most ${most}`
  }
  const size = points?.length ?? grid!.reduce((all, values) => all * values.length, 1)
  if (size >= 1 && size <= MOST_CONFIGURATIONS) return null
  const [most, actual] = [MOST_CONFIGURATIONS, size].map((n) => n.toLocaleString('en-US'))
  return `has ${actual} configurations, expected 1 to ${most}`
}

/**
 * Writes the plan of a new sweep. Returns false, and writes nothing, if the folder has one. Throws
 * `Failure` where it would be too large to be read again.
 */
export async function writeManifest(directory: string, plan: SweepManifest): Promise<boolean> {
  const path = join(directory, MANIFEST_FILE)
  const text = documentText(plan)
  if (text.length <= MOST_JSON) return writeNew(path, text)
  const [most, actual] = [MOST_JSON, text.length].map((count) => count.toLocaleString('en-US'))
  const remedy = 'give fewer configurations, or a grid of --set in place of --points'
  throw new Failure(
    `${path}: the plan takes ${actual} characters, at most ${most} can be kept; ${remedy}`,
  )
}

/** Removes the plan of a sweep that could not begin. */
export async function removeManifest(directory: string): Promise<void> {
  await rm(join(directory, MANIFEST_FILE), { force: true })
}

/** Throws `Failure` unless a folder has the table of a complete sweep. */
export async function expectResults(directory: string): Promise<void> {
  const manifest = await readManifest(directory)
  const path = join(directory, RESULTS_FILE)
  try {
    const { handle } = await openUserFile(path)
    await handle.close()
    return
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    if (!error.missing) throw new Failure(`${path}: cannot be read: ${error.message}`)
  }
  if (manifest !== null) {
    throw new Failure(
      `${directory}: this sweep is not complete; continue it: spillway sweep ${manifest.scenario.file} … --resume --out ${directory}`,
    )
  }
  const problem = existsSync(directory)
    ? `has no ${RESULTS_FILE}; write it with spillway sweep SCENARIO --out ${directory}`
    : 'no such folder'
  throw new Failure(`${directory}: ${problem}`)
}
