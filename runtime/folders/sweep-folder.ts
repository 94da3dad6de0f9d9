import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../../scenarios/index.ts'
import {
  type Sweep,
  type SweepManifest,
  sweepManifestSchema,
  sweepSchema,
} from '../../sim/documents/index.ts'
import { documentText, readJson } from './documents.ts'
import { settleFolder } from './replace-files.ts'
import { RESULTS_FILE } from './sweep-results.ts'
import { writeWhole } from './write-whole.ts'

/** The folder of a sweep: its plan, the journal of its rows, and at the end its results. */

const MANIFEST_FILE = 'manifest.json'
const SWEEP_FILE = 'sweep.json'

/** The plan of a folder; null if the folder holds no sweep. */
export async function readManifest(directory: string): Promise<SweepManifest | null> {
  await settleFolder(directory)
  const path = join(directory, MANIFEST_FILE)
  return existsSync(path) ? readJson(path, sweepManifestSchema) : null
}

export async function writeManifest(directory: string, manifest: SweepManifest): Promise<void> {
  await writeWhole(join(directory, MANIFEST_FILE), documentText(manifest))
}

/** The document of a complete sweep; null if the folder has none. */
export async function readSweep(directory: string): Promise<Sweep | null> {
  await settleFolder(directory)
  const path = join(directory, SWEEP_FILE)
  return existsSync(path) ? readJson(path, sweepSchema) : null
}

/** The path of the table of a complete sweep. Throws `Failure`. */
export async function resultsPath(directory: string): Promise<string> {
  const manifest = await readManifest(directory)
  const path = join(directory, RESULTS_FILE)
  if (existsSync(path)) return path
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
