import { join, resolve } from 'node:path'
import { EXIT, Failure, isOnnxDecoder } from '../../scenarios/index.ts'
import { reactingClasses, requestsIn } from '../../sim/traffic/index.ts'
import { documentText } from '../folders/documents.ts'
import { type FolderChange, replaceFiles } from '../folders/replace-files.ts'
import {
  AGAINST_FOLDER,
  ARENA_FILE,
  dropReplayFolder,
  dropRuns,
  type KeptDecoders,
  type KeptRun,
  keepRuns,
  readMeasured,
  readRequests,
  readRuns,
} from '../folders/run-folder.ts'
import { readArena } from '../memory/index.ts'
import type { JobOptions } from './options.ts'
import type { Prepared } from './prepare.ts'
import type { ReplayedSide } from './replay.ts'

export type KeptReplays = Pick<ReplayedSide, 'requests' | 'arena' | 'result'> & {
  readonly replays: { readonly runs: readonly KeptRun[] }
}

/** Reads the replays of a scenario. Throws `Failure` where they are not of this scenario. */
export async function keptReplays(directory: string, prepared: Prepared): Promise<KeptReplays> {
  const { hash, file, scenario } = prepared
  const result = await readMeasured(directory)
  if (result.scenario.hash !== hash) {
    throw new Failure(
      `${join(directory, 'measured.json')}: measured under scenario ${result.scenario.hash}, ` +
        `but ${file} is ${hash}; replay the scenario again`,
      EXIT.notComparable,
    )
  }
  const requests = await readRequests(directory, scenario)
  if (requests.hash() !== result.requests) {
    const text = `${join(directory, 'requests.jsonl')}: not the requests of ${directory}/measured.json`
    throw new Failure(`${text}; replay the scenario again`, EXIT.notComparable)
  }
  const runs = await readRuns(directory, 'replay', scenario)
  if (runs.length !== result.runs) {
    throw new Failure(`${directory}: has ${runs.length} of ${result.runs} replays; replay again`)
  }
  // reacting clients send other requests in every run; those of the first run are kept
  const same = reactingClasses(scenario).length > 0 ? runs.slice(0, 1) : runs
  const differing = same.findIndex(({ rows }) => requestsIn(rows).hash() !== result.requests)
  if (differing >= 0) {
    const text = `${join(directory, `replay-${differing + 1}.parquet`)}: rows of other requests`
    throw new Failure(`${text} than requests.jsonl has; replay the scenario again`)
  }
  const arena = await readArena(directory, prepared, runs[0]!.rows)
  return { requests, result, replays: { runs }, arena }
}

/** Removes what a folder holds of earlier replays, of both sides, and the comparison of them. */
export async function dropReplays(change: FolderChange): Promise<void> {
  await dropRuns(change, 'replay')
  await dropReplayFolder(change.below(AGAINST_FOLDER))
  for (const name of ['comparison.json', ARENA_FILE]) change.remove(name)
}

/**
 * Replaces the replays of a folder: rows, result and profile, and in a folder of its own those of
 * the second side.
 */
export async function keepReplays(
  change: FolderChange,
  sides: readonly ReplayedSide[],
  signal: AbortSignal,
): Promise<void> {
  await dropReplays(change)
  const { profile } = sides[0]!.system
  if (profile !== null) await change.write('profile.json', documentText(profile))
  for (const [i, { system, requests, replays, arena, result }] of sides.entries()) {
    const folder = i === 0 ? change : change.below(AGAINST_FOLDER)
    const { scenario, activations } = system
    const { runs } = replays
    const kept = { scenario, requests, runs, activations, decoders: keptDecoders(system), signal }
    await keepRuns(folder, 'replay', kept)
    await folder.write('measured.json', documentText(result))
    if (arena !== null) await folder.write(ARENA_FILE, documentText(arena))
  }
}

/** Where decoders of ONNX files were, and what was in them; null without such a decoder. */
function keptDecoders({ scenario, directory, contents }: Prepared): KeptDecoders | null {
  const { models, pools } = scenario
  if (!pools.some(({ model }) => isOnnxDecoder(models[model]!))) return null
  const kept = contents.map((content) => (typeof content === 'string' ? content : null))
  return { directory: resolve(directory), contents: kept }
}

/** Keeps replays in a folder, as `spillway replay --out` does: for audits and comparisons. */
export async function writeReplays(
  directory: string,
  sides: readonly ReplayedSide[],
  { signal = new AbortController().signal }: JobOptions = {},
): Promise<void> {
  await replaceFiles(directory, (change) => keepReplays(change, sides, signal))
}
