import { open, readdir } from 'node:fs/promises'
import { Failure } from '../../scenarios/light.ts'

/** A file's content, whole or piece by piece. */
export type FileContent =
  | string
  | Uint8Array
  | Iterable<Uint8Array>
  | AsyncIterable<string | Uint8Array>

/** Writes a file and waits until it is on the disk. */
export async function writeSynced(path: string, content: FileContent): Promise<void> {
  const pieces = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
  const file = await open(path, 'w')
  try {
    // each piece continues at the end of the one before
    for await (const piece of pieces) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes renames in a folder durable, if the system supports it. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => null)
  try {
    await folder?.sync()
  } catch {
    // some file systems sync only files
  } finally {
    await folder?.close()
  }
}

/** Names in a folder; none if it is missing. Throws `Failure`. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw new Failure(`${path}: cannot be read (${code})`)
  }
}
