import type { FileHandle } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { openUserFile } from '../load/user-file.ts'

const MAX_LINE_CHARACTERS = 1 << 20

/** Limits of reading. */
export interface LineOptions {
  /** of a line; default: 1 Mi, as lines of a table are short */
  readonly mostCharacters?: number
}

/** Thrown at a line that cannot be read; `line` counts from 1. */
export class LineError extends Error {
  readonly line: number

  constructor(line: number, problem: string) {
    super(problem)
    this.name = 'LineError'
    this.line = line
  }
}

export interface ByteProgress {
  readonly bytes: number
  readonly totalBytes: number
}

/** Lines that end in one piece of a file; the first of them has the number `first`, from 1. */
interface Lines {
  readonly texts: readonly string[]
  readonly first: number
}

/**
 * The lines of a text file, gzip or not, with at most one piece of it in memory. Throws `LineError`
 * for truncated gzip data and endless lines, and `Unreadable` if the file cannot be opened. The
 * file is closed at the end, even if reading stops early.
 */
export async function* linesOf(
  path: string,
  onProgress?: (progress: ByteProgress) => void,
  { mostCharacters = MAX_LINE_CHARACTERS }: LineOptions = {},
): AsyncGenerator<Lines> {
  const splitter = new LineSplitter(mostCharacters)
  const decoder = new TextDecoder()
  try {
    for await (const { bytes, readBytes, totalBytes } of piecesOf(path)) {
      yield splitter.push(decoder.decode(bytes, { stream: true }))
      onProgress?.({ bytes: readBytes, totalBytes })
    }
    yield splitter.end(decoder.decode())
  } catch (error) {
    throw gzipError(error, splitter.line)
  }
}

/**
 * The beginning of a text file, gzip or not: at most `most` characters. Throws as `linesOf`, but no
 * `LineError` for what it does not read.
 */
export async function beginningOf(path: string, most: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const { bytes } of piecesOf(path)) {
      text += decoder.decode(bytes, { stream: true })
      if (text.length >= most) break
    }
  } catch (error) {
    throw gzipError(error, text.split('\n').length)
  }
  return text.slice(0, most)
}

/** An error of zlib as one of the line that cannot be read; others as they are. */
function gzipError(error: unknown, line: number): unknown {
  const { code = '', message } = error as NodeJS.ErrnoException
  if (!code.startsWith('Z_')) return error
  if (code !== 'Z_BUF_ERROR') return new LineError(line, `expected gzip data, got ${message}`)
  return new LineError(line, 'expected more gzip data, got the end of the file')
}

interface Piece {
  readonly bytes: Buffer
  readonly readBytes: number
  readonly totalBytes: number
}

const PIECE_BYTES = 1 << 16

/** A file in pieces, inflated if it is gzip; the buffer may be reused for the next piece. */
async function* piecesOf(path: string): AsyncGenerator<Piece> {
  const { handle, bytes: totalBytes } = await openUserFile(path)
  try {
    // one buffer for all pieces: a stream would allocate as many bytes as the file has
    const buffer = Buffer.alloc(PIECE_BYTES)
    let readBytes = 0
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, PIECE_BYTES, null)
      const bytes = buffer.subarray(0, bytesRead)
      if (readBytes === 0 && bytes[0] === 0x1f && bytes[1] === 0x8b) break
      if (bytesRead === 0) return
      readBytes += bytesRead
      yield { bytes, readBytes, totalBytes }
    }
    yield* inflated(handle, totalBytes)
  } finally {
    await handle.close()
  }
}

async function* inflated(handle: FileHandle, totalBytes: number): AsyncGenerator<Piece> {
  const file = handle.createReadStream({ start: 0, autoClose: false })
  // not `pipeline`: it may report an error in here only as an abort
  const source = file.pipe(createGunzip())
  file.once('error', (error) => source.destroy(error))
  try {
    for await (const bytes of source) {
      yield { bytes: bytes as Buffer, readBytes: file.bytesRead, totalBytes }
    }
  } finally {
    file.destroy()
  }
}

class LineSplitter {
  /** the current line, from 1 */
  line = 1
  readonly #most: number
  #rest = ''

  constructor(most: number) {
    this.#most = most
  }

  push(piece: string): Lines {
    const texts = piece.split('\n')
    // a long line is joined once, when it ends
    texts[0] = this.#rest + texts[0]!
    this.#rest = texts.pop()!
    const lines = this.#ended(texts)
    if (this.#rest.length > this.#most) {
      const most = this.#most.toLocaleString('en-US')
      throw new LineError(this.line, `expected a line of at most ${most} characters, got more`)
    }
    return lines
  }

  end(piece: string): Lines {
    const { texts, first } = this.push(piece)
    const last = this.#rest === '' ? [] : this.#ended([this.#rest]).texts
    return { texts: [...texts, ...last], first }
  }

  #ended(texts: readonly string[]): Lines {
    const first = this.line
    this.line += texts.length
    return { texts: texts.map((text) => (text.endsWith('\r') ? text.slice(0, -1) : text)), first }
  }
}
