import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Failure } from '../scenarios/index.ts'
import { hasEnded, PROCESS_NAME, PROCESS_PATTERN } from './process-name.ts'

/** Ends a name that a file has while it is written. */
const unfinishedEnd = () => `.${PROCESS_NAME}-${randomUUID().slice(0, 8)}.tmp`

/** What a file's name has in addition while it is written, and by which process. */
export const UNFINISHED = new RegExp(`\\.(${PROCESS_PATTERN})-[0-9a-f]{8}\\.tmp$`)

/**
 * Writes a file whole or not at all: to a neighbour first, synced, then renamed over it. What
 * processes that were killed left of it goes. Throws `Failure` where it cannot be written.
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const unfinished = `${path}${unfinishedEnd()}`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(unfinished, 'w')
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(unfinished, path)
    await sweep(path)
  } catch (error) {
    // where not even the folder could be made there is nothing to remove
    await rm(unfinished, { force: true }).catch(() => {})
    throw notWritten(path, error)
  }
}

/** Makes a folder and checks that files can be written to it, before hours of work are spent. */
export async function writableFolder(path: string): Promise<void> {
  const probe = `${path}/.spillway${unfinishedEnd()}`
  try {
    await mkdir(path, { recursive: true })
    await (await open(probe, 'w')).close()
    await rm(probe)
  } catch (error) {
    throw notWritten(path, error)
  }
}

/** Removes what is left of a file by processes that have ended. */
async function sweep(path: string): Promise<void> {
  const names = await readdir(dirname(path)).catch(() => [])
  for (const name of names) {
    const left = name.startsWith(`${basename(path)}.`) ? UNFINISHED.exec(name) : null
    if (left === null || !hasEnded(left[1]!)) continue
    // where it may not be removed it does no harm
    await rm(join(dirname(path), name), { force: true }).catch(() => {})
  }
}

/** What the system's codes mean to the reader, and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose another place',
  EDQUOT: 'the quota is used up; free some space or choose another place',
  EACCES: 'permission denied; choose another place',
  EPERM: 'permission denied; choose another place',
  EROFS: 'the file system is read-only; choose another place',
  ENOTDIR: 'part of the path is a file; choose another place',
  EEXIST: 'part of the path is a file; choose another place',
  EISDIR: 'a folder has this name; choose another place',
}

/** The system's refusal to write as a `Failure`; any other error as it is. */
export function notWritten(path: string, error: unknown): unknown {
  const reason = REASONS[(error as NodeJS.ErrnoException).code ?? '']
  return reason === undefined ? error : new Failure(`${path}: cannot be written: ${reason}`)
}
