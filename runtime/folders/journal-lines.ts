import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Failure } from '../../scenarios/index.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { notWritten } from './system-refusal.ts'

/**
 * Journals of what takes long, a line for each part that is done. A line counts once it is whole,
 * so a process may be killed at any moment.
 */

const { O_APPEND, O_CREAT, O_RDWR } = constants
/** A million rows take less; a sparse file of more than that takes hours to read. */
const MOST_JOURNAL_BYTES = 1e11
/** A link would lead to another file, and a pipe would wait. Windows has neither flag. */
const NO_OTHER_FILE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Opens a journal. Throws `Failure` if it is another kind of file, else errors of the system. */
export async function openJournal(path: string, flags: number): Promise<FileHandle> {
  const file = await open(path, flags | NO_OTHER_FILE).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ELOOP') throw noJournal(path, 'a symbolic link')
    throw error.code === 'ENXIO' ? noJournal(path, 'no regular file') : error
  })
  const stats = await file.stat()
  if (stats.isFile() && stats.size <= MOST_JOURNAL_BYTES) return file
  await file.close()
  if (!stats.isFile()) throw noJournal(path, 'no regular file')
  throw noJournal(path, `larger than any journal, ${stats.size.toLocaleString('en-US')} bytes`)
}

const noJournal = (path: string, what: string) =>
  new Failure(`${path}: is ${what}; remove it, and its rows are simulated again`)

interface Waiting {
  readonly text: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Appends lines to a journal. Lines that wait are written together and synced once. */
export class JournalLines {
  readonly #path: string
  readonly #file: FileHandle
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Throws `Failure` if the file cannot be written. */
  static async open(path: string): Promise<JournalLines> {
    try {
      const file = await openJournal(path, O_RDWR | O_APPEND | O_CREAT)
      const { size } = await file.stat()
      const last = size === 0 ? null : await file.read(Buffer.alloc(1), 0, 1, size - 1)
      // what follows must not continue a torn line
      if (last !== null && last.buffer[0] !== NEWLINE) await file.appendFile('\n')
      return new JournalLines(path, file)
    } catch (error) {
      throw notWritten(path, error)
    }
  }

  /** Resolves when the line is on the disk. Throws `Failure` if it cannot be written. */
  add(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: `${line}\n`, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Waits for the lines that were added, and closes the file. */
  async close(): Promise<void> {
    await this.#writing
    await this.#file.close()
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting
      this.#waiting = []
      try {
        await this.#file.appendFile(batch.map(({ text }) => text).join(''))
        await this.#file.datasync()
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(notWritten(this.#path, error))
      }
    }
    this.#writing = null
  }
}

/** The whole lines of a journal; none of one that is missing. */
export async function* textsOf(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string> {
  const file = await openJournal(path, constants.O_RDONLY).catch((error) => {
    if (error.code !== 'ENOENT') throw error
    return null
  })
  if (file === null) return
  try {
    for await (const { text } of linesOf(file, signal)) yield text
  } finally {
    await file.close()
  }
}

const NEWLINE = 0x0a
const PIECE_BYTES = 1 << 16

/** What is kept takes kilobytes; a longer line is none of it. */
const MOST_LINE_BYTES = 1 << 24

/** The lines that end with a line break, each with its place in the file. */
export async function* linesOf(file: FileHandle, signal: AbortSignal | undefined) {
  // of the line that has begun
  let pieces: Buffer[] = []
  let length = 0
  let from = 0
  for (let at = 0; ; ) {
    // a file may be long without a line
    throwIfAborted(signal)
    const { bytesRead, buffer } = await file.read(Buffer.alloc(PIECE_BYTES), 0, PIECE_BYTES, at)
    if (bytesRead === 0) return
    const piece = buffer.subarray(0, bytesRead)
    let begin = 0
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, begin)) {
      const bytes = length + end - begin
      if (bytes <= MOST_LINE_BYTES) {
        throwIfAborted(signal)
        const line = Buffer.concat([...pieces, piece.subarray(begin, end)])
        yield { text: line.toString('utf8'), from, bytes }
      }
      begin = end + 1
      from = at + begin
      pieces = []
      length = 0
    }
    length += bytesRead - begin
    if (length <= MOST_LINE_BYTES) pieces.push(piece.subarray(begin))
    else pieces = []
    at += bytesRead
  }
}
