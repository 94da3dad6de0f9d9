import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { isVisible, noteOpened } from './file-access.ts'

/** Why a file that the user named cannot be read, in words that end a message. */
export class Unreadable extends Error {
  /** whether the file does not exist */
  readonly missing: boolean
  /** whether it has more bytes than are read */
  readonly tooLarge: boolean

  constructor(reason: string, { missing = false, tooLarge = false } = {}) {
    super(reason)
    this.name = 'Unreadable'
    this.missing = missing
    this.tooLarge = tooLarge
  }
}

/** A file that another one in this directory names. */
export const pathFrom = (directory: string, file: string): string =>
  isAbsolute(file) ? file : join(directory, file)

/** An open file, and its size as stated by the file system. */
interface UserFile {
  readonly handle: FileHandle
  readonly bytes: number
}

/**
 * Opens a file that the user named; all such files are opened here. Only regular files are
 * accepted: a pipe or a device may never end, and most inputs are read more than once. It opens
 * without blocking, so that opening a pipe does not wait for a writer. It checks the opened file,
 * not the name, which might refer to another file by then. Throws `Unreadable`.
 */
export async function openUserFile(path: string): Promise<UserFile> {
  if (!isVisible(path)) throw new Unreadable(NO_SUCH_FILE, { missing: true })
  const handle = await open(path, constants.O_RDONLY | NO_WAITING).catch(refuse)
  try {
    const stats = await handle.stat()
    const kind = kindOf(stats)
    if (kind !== null) throw new Unreadable(kind)
    noteOpened(path)
    return { handle, bytes: stats.size }
  } catch (error) {
    await handle.close()
    throw error
  }
}

const NO_SUCH_FILE = 'no such file'

/** Windows has neither flag. */
const NO_WAITING = (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0)

/**
 * All bytes of a file that the user named. Throws `Unreadable`, also for more than `most` bytes.
 */
export async function readUserFile(path: string, most: number): Promise<Buffer> {
  const file = await openUserFile(path)
  // joining pieces in the end would take the memory of the file twice
  let whole = Buffer.allocUnsafe(Math.min(file.bytes, most))
  let read = 0
  for await (const piece of piecesOf(file, most)) {
    if (read + piece.length <= whole.length) piece.copy(whole, read)
    else whole = Buffer.concat([whole.subarray(0, read), piece])
    read += piece.length
  }
  return whole.subarray(0, read)
}

/** The text of a file that the user named. Throws `Unreadable`, also where it is not UTF-8. */
export async function readUserText(path: string, most: number): Promise<string> {
  const bytes = await readUserFile(path, most)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error
    throw new Unreadable('bytes that are not UTF-8')
  }
}

/** The same file, piece by piece. */
export async function* userFilePieces(path: string, most: number): AsyncGenerator<Buffer> {
  yield* piecesOf(await openUserFile(path), most)
}

/** Reads a file from its beginning, and closes it. */
async function* piecesOf({ handle, bytes }: UserFile, most: number): AsyncGenerator<Buffer> {
  try {
    if (bytes > most) throw tooLarge(most, bytes)
    let read = 0
    for (;;) {
      // the size may be outdated, and files of /proc state none
      const left = bytes - read
      const piece = Buffer.allocUnsafe(left > 0 ? Math.min(PIECE_BYTES, left + 1) : BEYOND_BYTES)
      const { bytesRead } = await handle.read(piece, 0, piece.length, null)
      if (bytesRead === 0) return
      read += bytesRead
      if (read > most) throw tooLarge(most, read)
      yield piece.subarray(0, bytesRead)
    }
  } catch (error) {
    refuse(error)
  } finally {
    await handle.close()
  }
}

const PIECE_BYTES = 1 << 22
/** read-ahead for files that are longer than their stated size */
const BEYOND_BYTES = 1 << 16

function tooLarge(most: number, bytes: number): Unreadable {
  const text = `${megabytes(bytes)} MB, more than the ${megabytes(most)} MB that are read`
  return new Unreadable(text, { tooLarge: true })
}

const megabytes = (bytes: number) => Number((bytes / 1e6).toPrecision(4))

function kindOf(stats: Stats): string | null {
  if (stats.isFile()) return null
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a pipe, not a file; write it to a file first'
  if (stats.isSocket()) return 'a socket, not a file'
  return 'a device, not a file'
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: 'a folder',
  ENXIO: 'a socket, not a file',
  ELOOP: 'a link that leads back to itself',
  ENAMETOOLONG: 'too long a name',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EMFILE: 'this process has too many files open',
  ENFILE: 'the system has too many files open',
  ERR_INVALID_ARG_VALUE: 'a name with a null byte',
}

function refuse(error: unknown): never {
  if (error instanceof Unreadable) throw error
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) throw error
  const missing = code === 'ENOENT' || code === 'ENOTDIR'
  throw new Unreadable(missing ? NO_SUCH_FILE : (REASONS[code] ?? code), { missing })
}
