import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { readText } from '../../runtime/folders/documents.ts'
import { readGenerated, writeGenerated } from '../../runtime/folders/generated-files.ts'
import { replaceFiles } from '../../runtime/folders/replace-files.ts'
import type { KeptRun } from '../../runtime/folders/run-folder.ts'
import { type EngineEvents, type ObservedRun, withEngines } from '../../sim/experiment/index.ts'
import { generatesIn, logLines, parseLog, type ServingPlan } from '../../sim/serving/index.ts'
import type { RequestList } from '../../sim/traffic/index.ts'

/** What a replay leaves of executors that generate, beside its rows: decision log and answers. */

/** A kept run with what its executors did, where they generate. */
export type SeenRun = KeptRun & EngineEvents

const journalOf = (rowsPath: string) => `${basename(rowsPath)}.journal.jsonl`

/** Nothing where batches are run. The rows, which say that a replay is whole, come after it. */
export async function writeEngines(rowsPath: string, run: KeptRun): Promise<void> {
  const { generated, journal } = run
  if (generated === undefined) return
  await replaceFiles(dirname(rowsPath), async (change) => {
    await change.write(journalOf(rowsPath), [...logLines(journal)].join(''))
    await writeGenerated(change, basename(rowsPath), generated, async () => {})
  })
}

/** A kept run with the runs of its engines; without a decision log where batches are run. */
export async function readEngines(
  rowsPath: string,
  run: ObservedRun,
  { plan, requests }: { readonly plan: ServingPlan; readonly requests: RequestList },
): Promise<SeenRun> {
  if (!generatesIn(plan)) return { ...run, journal: new Float64Array(0), engineEvents: [] }
  const path = join(dirname(rowsPath), journalOf(rowsPath))
  if (!existsSync(path)) throw new Error(`${path}: missing; remove ${rowsPath} to replay it again`)
  const journal = parseLog((await readText(path)).trimEnd().split('\n'), path)
  const generated = await readGenerated((name) => join(dirname(rowsPath), name), basename(rowsPath))
  return withEngines(plan, requests, { ...run, journal, generated })
}
