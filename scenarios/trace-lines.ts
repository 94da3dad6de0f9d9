import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'

const MAX_LINE_CHARACTERS = 1 << 20

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

/**
 * Hands each line of a text file to `onLine`, gzip or not, without holding more than a piece of
 * it. Throws `LineError` for gzip data that break off and lines without end, and the error of
 * the file system where the file cannot be opened.
 */
export async function eachLine(
  path: string,
  onLine: (text: string, line: number) => void,
  onProgress?: (progress: ByteProgress) => void,
): Promise<void> {
  const { totalBytes, gzip } = await inspect(path)
  const file = createReadStream(path)
  // Not `pipeline`: of a fault in here it may report only that it was aborted.
  const source = gzip ? file.pipe(createGunzip()) : file
  file.once('error', (error) => source.destroy(error))
  const splitter = new LineSplitter(onLine)
  const decoder = new TextDecoder()
  try {
    for await (const bytes of source) {
      splitter.push(decoder.decode(bytes as Buffer, { stream: true }))
      onProgress?.({ bytes: file.bytesRead, totalBytes })
    }
    splitter.end(decoder.decode())
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (code === 'Z_BUF_ERROR') {
      throw new LineError(splitter.line, 'expected more gzip data, got the end of the file')
    }
    if (code.startsWith('Z_')) {
      throw new LineError(splitter.line, `expected gzip data, got ${(error as Error).message}`)
    }
    throw error
  } finally {
    // The file is closed when this returns, also where a bad row ended the reading early.
    file.destroy()
    if (!file.closed) await new Promise<void>((done) => file.once('close', () => done()))
  }
}

async function inspect(path: string): Promise<{ totalBytes: number; gzip: boolean }> {
  const handle = await open(path)
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    const gzip = bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
    return { totalBytes: (await handle.stat()).size, gzip }
  } finally {
    await handle.close()
  }
}

class LineSplitter {
  /** the line that is being read, from 1 */
  line = 1
  #rest = ''
  readonly #onLine: (text: string, line: number) => void

  constructor(onLine: (text: string, line: number) => void) {
    this.#onLine = onLine
  }

  push(piece: string): void {
    const text = this.#rest + piece
    let from = 0
    for (let to = text.indexOf('\n'); to >= 0; to = text.indexOf('\n', from)) {
      this.#emit(text.slice(from, to))
      from = to + 1
    }
    this.#rest = text.slice(from)
    if (this.#rest.length > MAX_LINE_CHARACTERS) {
      throw new LineError(this.line, `expected a line of text, got one without end`)
    }
  }

  end(piece: string): void {
    this.push(piece)
    if (this.#rest !== '') this.#emit(this.#rest)
  }

  #emit(text: string): void {
    this.#onLine(text.endsWith('\r') ? text.slice(0, -1) : text, this.line)
    this.line++
  }
}
