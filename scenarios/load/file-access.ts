import { AsyncLocalStorage } from 'node:async_hooks'
import { realpathSync } from 'node:fs'
import { sep } from 'node:path'

/** What some work sees of the file system, and what it opens. */
interface FileAccess {
  /** real paths of the only files that there are; null: all files */
  readonly only: ReadonlySet<string> | null
  readonly onOpen: (path: string) => void
}

const current = new AsyncLocalStorage<FileAccess>()
const EVERYTHING: FileAccess = { only: null, onOpen: () => {} }

/**
 * Calls `work`, for which no files exist but these and those that ship. They are named by their
 * real paths, so no link leads to another one. The work learns nothing of other files, not even
 * whether they are there.
 */
export function seeingOnly<T>(realPaths: Iterable<string>, work: () => T): T {
  return current.run({ only: new Set(realPaths), onOpen: () => {} }, work)
}

/** The result of `work`, and the paths of the user's files that it has opened, each once. */
export async function filesOpenedBy<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly files: readonly string[] }> {
  const opened = new Set<string>()
  const outer = current.getStore() ?? EVERYTHING
  const onOpen = (path: string) => void opened.add(path)
  const result = await current.run({ only: outer.only, onOpen }, work)
  return { result, files: [...opened] }
}

/** Calls `work`, which reads files that ship: they are always there. */
export function readingShipped<T>(work: () => T): T {
  return current.run(EVERYTHING, work)
}

/** Whether a file, or a folder above one, exists for the work that asks. */
export function isVisible(path: string): boolean {
  const only = current.getStore()?.only ?? null
  if (only === null) return true
  const real = realPathOf(path)
  if (real === null) return false
  if (only.has(real)) return true
  const below = real.endsWith(sep) ? real : real + sep
  return [...only].some((file) => file.startsWith(below))
}

export function noteOpened(path: string): void {
  current.getStore()?.onOpen(path)
}

/** Null where there is no such file. */
function realPathOf(path: string): string | null {
  try {
    return realpathSync(path)
  } catch {
    // also for a name with a null byte
    return null
  }
}
