import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, link, open, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'
import { type FileContent, namesIn, writeSynced } from './synced-files.ts'
import { notWritten } from './system-refusal.ts'

/** Suffix of a file's name while it is being written. */
const unfinishedEnd = () => `.${PROCESS_NAME}-${randomUUID().slice(0, 8)}.tmp`

/** Pattern of this suffix, which contains the name of the writing process. */
export const UNFINISHED = new RegExp(`\\.(${PROCESS_PATTERN})-[0-9a-f]{8}\\.tmp$`)

/**
 * Writes a file completely or not at all: to a temporary file beside it, synced, then renamed over
 * it. Removes leftovers of killed processes. Throws `Failure` if it cannot be written.
 */
export async function writeWhole(path: string, content: FileContent): Promise<void> {
  const unfinished = `${path}${unfinishedEnd()}`
  try {
    await makeFolder(dirname(path))
    await writeSynced(unfinished, content)
    await rename(unfinished, path)
    await sweep(path)
  } catch (error) {
    // if the folder could not be created, there is nothing to remove
    await rm(unfinished, { force: true }).catch(() => {})
    throw notWritten(path, error)
  }
}

/**
 * The same for a file that must not exist yet. Returns false, and changes nothing, where it does:
 * of several processes that call this at once, one gets true.
 */
export async function writeNew(path: string, content: FileContent): Promise<boolean> {
  const unfinished = `${path}${unfinishedEnd()}`
  try {
    await makeFolder(dirname(path))
    await writeSynced(unfinished, content)
    await linkOrCopy(unfinished, path)
    await sweep(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw notWritten(path, error)
  } finally {
    await rm(unfinished, { force: true }).catch(() => {})
  }
}

/** Gives a file a second name that does not exist yet; a copy, where the system has no such. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error
    await copyFile(from, to, constants.COPYFILE_EXCL)
  }
}

/** Cleans up after an error and throws it again. */
type Undo = (error: unknown) => Promise<never>

/**
 * Creates a folder and checks that files can be written to it, before hours of work are spent.
 * Returns the clean-up for failed work: it removes the folder if it was created here.
 */
export async function writableFolder(path: string | undefined): Promise<Undo> {
  if (path === undefined) return (error) => Promise.reject(error)
  const probe = `${path}/.spillway${unfinishedEnd()}`
  try {
    const made = await makeFolder(path)
    await (await open(probe, 'w')).close()
    await rm(probe)
    return async (error) => {
      // a folder that holds files by now stays, with its parents
      for (const folder of made.toReversed()) await rmdir(folder).catch(() => {})
      throw error
    }
  } catch (error) {
    throw notWritten(path, error)
  }
}

/** Removes leftovers of a file from processes that have ended. */
async function sweep(path: string): Promise<void> {
  const names = await namesIn(dirname(path)).catch(() => [])
  for (const name of names) {
    const left = name.startsWith(`${basename(path)}.`) ? UNFINISHED.exec(name) : null
    if (left === null || !hasEnded(left[1]!)) continue
    // a leftover that cannot be removed does no harm
    await rm(join(dirname(path), name), { force: true }).catch(() => {})
  }
}
