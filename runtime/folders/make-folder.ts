import { mkdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { Failure } from '../../scenarios/light.ts'

/**
 * Creates a folder with its parents and returns those that were missing, the outermost first. The
 * recursive `mkdir` of Node never ends where the system creates no folder, as below /proc. Throws
 * `Failure` there, otherwise the error of the file system.
 */
export async function makeFolder(path: string): Promise<readonly string[]> {
  if (path === '') throw refused(path, 'the path is empty')
  const missing: string[] = []
  for (let at = resolve(path); !(await isFolder(at, path)); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) {
    try {
      await mkdir(folder)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'ENOENT') throw refused(path, `no folder can be made in ${dirname(folder)}`)
      // another process may have created it meanwhile
      if (code !== 'EEXIST' || !(await isFolder(folder, path))) throw error
    }
  }
  return missing
}

/** Throws if the path is no folder; the message names `path`, as the user wrote it. */
async function isFolder(folder: string, path: string): Promise<boolean> {
  try {
    if ((await stat(folder)).isDirectory()) return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
  throw refused(path, 'part of the path is a file')
}

const refused = (path: string, why: string) =>
  new Failure(`${path}: cannot be written: ${why}; choose another place`)
