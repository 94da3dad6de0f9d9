import { documentText } from '../folders/documents.ts'
import type { FolderChange } from '../folders/replace-files.ts'
import {
  AGAINST_FOLDER,
  ARENA_FILE,
  dropReplayFolder,
  dropRuns,
  keepRuns,
} from '../folders/run-folder.ts'
import type { ReplayedSide } from './replay.ts'

/** Removes what a folder holds of earlier replays, of both sides, and the comparison of them. */
export async function dropReplays(change: FolderChange): Promise<void> {
  await dropRuns(change, 'replay')
  await dropReplayFolder(change.below(AGAINST_FOLDER))
  for (const name of ['comparison.json', ARENA_FILE]) change.remove(name)
}

/** Keeps the rows of a replay and, in a folder of its own, those of the second side. */
export async function keepReplays(
  change: FolderChange,
  sides: readonly ReplayedSide[],
  signal: AbortSignal,
) {
  for (const [i, { system, requests, replays, arena, result }] of sides.entries()) {
    const folder = i === 0 ? change : change.below(AGAINST_FOLDER)
    const { scenario, activations } = system
    await keepRuns(folder, 'replay', {
      scenario,
      requests,
      runs: replays.runs,
      activations,
      signal,
    })
    if (i > 0) await folder.write('measured.json', documentText(result))
    if (arena !== null) await folder.write(ARENA_FILE, documentText(arena))
  }
}
