import { constants } from 'node:fs'
import { copyFile, link, open, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { removeLeftovers, unfinishedEnd } from './leftovers.ts'
import { makeFolder } from './make-folder.ts'
import { type FileContent, writeSynced } from './synced-files.ts'
import { notWritten } from './system-refusal.ts'

/**
 * Writes a file completely or not at all: to a temporary file beside it, synced, then renamed over
 * it. Removes leftovers of killed processes. Throws `Failure` if it cannot be written.
 */
export async function writeWhole(path: string, content: FileContent): Promise<void> {
  try {
    await writeBeside(path, content, rename)
  } catch (error) {
    throw notWritten(path, error)
  }
}

/**
 * The same for a file that must not exist yet. Returns false, and changes nothing, where it does:
 * of several processes that call this at once, one gets true.
 */
export async function writeNew(path: string, content: FileContent): Promise<boolean> {
  try {
    await writeBeside(path, content, linkOrCopy)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw notWritten(path, error)
  }
}

/** Writes a file beside `path`, whose name it gets from `place`. */
async function writeBeside(
  path: string,
  content: FileContent,
  place: (from: string, to: string) => Promise<void>,
): Promise<void> {
  const unfinished = `${path}${unfinishedEnd()}`
  try {
    await makeFolder(dirname(path))
    await writeSynced(unfinished, content)
    await place(unfinished, path)
    await removeLeftovers(dirname(path), basename(path))
  } finally {
    // if the folder could not be created, or the file has its name, there is nothing to remove
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
 * Removes what killed commands left in it. Returns the clean-up for failed work: it removes the
 * folder if it was created here.
 */
export async function writableFolder(path: string | undefined): Promise<Undo> {
  if (path === undefined) return (error) => Promise.reject(error)
  const probe = `${path}/.spillway${unfinishedEnd()}`
  try {
    const made = await makeFolder(path)
    await (await open(probe, 'w')).close()
    await rm(probe)
    await removeLeftovers(path)
    return async (error) => {
      // a folder that holds files by now stays, with its parents
      for (const folder of made.toReversed()) await rmdir(folder).catch(() => {})
      throw error
    }
  } catch (error) {
    throw notWritten(path, error)
  }
}
