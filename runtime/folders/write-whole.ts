import { randomUUID } from 'node:crypto'
import { open, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { getSystemErrorMap } from 'node:util'
import { Failure } from '../../scenarios/light.ts'
import { makeFolder } from './make-folder.ts'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'
import { type FileContent, namesIn, writeSynced } from './synced-files.ts'

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

/** The system's error codes in plain words, with a remedy. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose another place',
  EDQUOT: 'the quota is used up; free some space or choose another place',
  EACCES: 'permission denied; choose another place',
  EPERM: 'permission denied; choose another place',
  EROFS: 'the file system is read-only; choose another place',
  ENOTDIR: 'part of the path is a file; choose another place',
  EEXIST: 'part of the path is a file; choose another place',
  EISDIR: 'a folder has this name; choose another place',
  ENAMETOOLONG: 'the path is too long; choose another place',
  ELOOP: 'its symbolic links lead in a circle; choose another place',
  ENOENT: 'the path is empty, or part of it leads nowhere; choose another place',
  EBADF: 'it is not open for writing',
}

/** The system's refusal to write as a `Failure`; any other error unchanged. */
export function notWritten(path: string, error: unknown): unknown {
  const reason = reasonOf(error)
  return reason === null ? error : new Failure(`${path}: cannot be written: ${reason}`)
}

/** The system's refusal of a file, if no other code has handled it; null for any other error. */
export function notUsable(error: unknown): Failure | null {
  const { path, code = '' } = error as NodeJS.ErrnoException
  const reason = path === undefined && !(code in REASONS) ? null : reasonOf(error)
  return reason === null ? null : new Failure(`${path || 'a file'}: cannot be used: ${reason}`)
}

function reasonOf(error: unknown): string | null {
  const { code = '', errno } = error as NodeJS.ErrnoException
  if (code in REASONS) return REASONS[code]!
  const [, text] = getSystemErrorMap().get(errno ?? 0) ?? []
  return text === undefined ? null : `${text} (${code})`
}
