import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Failure } from '../../scenarios/index.ts'
import { type SweepRow, sweepRowSchema } from '../../sim/documents/index.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { notWritten } from './system-refusal.ts'

/**
 * The rows of a sweep in the order in which they were simulated, as JSON lines. A line counts once
 * it is whole, so a process may be killed at any moment: a torn line is not JSON, and is ignored. A
 * second line of a configuration is ignored, too, so it does no harm if two processes write one.
 */

export const JOURNAL_FILE = 'journal.jsonl'

const { O_APPEND, O_CREAT, O_RDONLY, O_RDWR } = constants
/** A million rows take less; a sparse file of more than that takes hours to read. */
const MOST_JOURNAL_BYTES = 1e11
/** A link would lead to another file, and a pipe would wait. Windows has neither flag. */
const NO_OTHER_FILE = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Opens a journal. Throws `Failure` if it is another kind of file, else errors of the system. */
async function openJournal(path: string, flags: number): Promise<FileHandle> {
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

/** Appends rows to a journal. Rows that wait are written together and synced once. */
export class JournalWriter {
  readonly #path: string
  readonly #file: FileHandle
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null

  private constructor(path: string, file: FileHandle) {
    this.#path = path
    this.#file = file
  }

  /** Throws `Failure` if the file cannot be written. */
  static async open(path: string): Promise<JournalWriter> {
    try {
      const file = await openJournal(path, O_RDWR | O_APPEND | O_CREAT)
      const { size } = await file.stat()
      const last = size === 0 ? null : await file.read(Buffer.alloc(1), 0, 1, size - 1)
      // what follows must not continue a torn line
      if (last !== null && last.buffer[0] !== NEWLINE) await file.appendFile('\n')
      return new JournalWriter(path, file)
    } catch (error) {
      throw notWritten(path, error)
    }
  }

  /** Resolves when the row is on the disk. Throws `Failure` if it cannot be written. */
  add(row: SweepRow): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ text: `${JSON.stringify(row)}\n`, resolve, reject })
      this.#writing ??= this.#write()
    })
  }

  /** Waits for the rows that were added, and closes the file. */
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

const NEWLINE = 0x0a
const PIECE_BYTES = 1 << 16

/** A row as its plan has it, and whether it counts. */
export type AcceptsRow = (row: SweepRow) => boolean

/** The places of rows in one or more journals: the rows themselves stay on the disk. */
export class JournalRows {
  readonly #files: FileHandle[] = []
  readonly #file: Uint16Array
  readonly #from: Float64Array
  /** 0 for a configuration without a row */
  readonly #length: Uint32Array
  /** configurations for which memory ran out */
  readonly #ranOut = new Set<number>()
  readonly #signal: AbortSignal | undefined
  #count = 0
  #refused = 0

  /** `size`: how many configurations the whole sweep has. */
  constructor(size: number, signal?: AbortSignal) {
    this.#file = new Uint16Array(size + 1)
    this.#from = new Float64Array(size + 1)
    this.#length = new Uint32Array(size + 1)
    this.#signal = signal
  }

  /** configurations that have a row */
  get count(): number {
    return this.#count
  }

  has(number: number): boolean {
    return this.#length[number]! > 0
  }

  /** configurations whose row stays, whatever is added */
  get settled(): number {
    return this.#count - this.#ranOut.size
  }

  isSettled(number: number): boolean {
    return this.has(number) && !this.#ranOut.has(number)
  }

  /** rows of another plan, which do not count */
  get refused(): number {
    return this.#refused
  }

  /**
   * Adds the rows of a journal that `accepts` takes, none if there is no such file. Throws
   * `Failure` if it is no regular file, or once the signal is set.
   */
  async read(path: string, accepts: AcceptsRow): Promise<void> {
    const file = await openJournal(path, O_RDONLY).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error
      return null
    })
    if (file === null) return
    const index = this.#files.push(file) - 1
    for await (const { text, from, bytes } of linesOf(file, this.#signal)) {
      const row = rowOf(text)
      if (row === null) continue
      if (row.configuration >= this.#length.length || !accepts(row)) {
        this.#refused++
        continue
      }
      const { configuration, status } = row
      if (this.isSettled(configuration)) continue
      if (!this.has(configuration)) this.#count++
      if (status === 'out_of_memory') this.#ranOut.add(configuration)
      else this.#ranOut.delete(configuration)
      this.#file[configuration] = index
      this.#from[configuration] = from
      this.#length[configuration] = bytes
    }
  }

  /** The rows in the order of the plan. */
  async *inOrder(): AsyncGenerator<SweepRow> {
    for await (const line of this.lines()) yield JSON.parse(line) as SweepRow
  }

  /** Their lines. */
  async *lines(): AsyncGenerator<string> {
    for (let number = 1; number < this.#length.length; number++) {
      if (this.has(number)) yield await this.#line(number)
    }
  }

  async close(): Promise<void> {
    for (const file of this.#files.splice(0)) await file.close()
  }

  async #line(number: number): Promise<string> {
    throwIfAborted(this.#signal)
    const length = this.#length[number]!
    const file = this.#files[this.#file[number]!]!
    const from = this.#from[number]!
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, from)
    if (bytesRead < length) throw new Failure('a journal was changed while it was read')
    return `${buffer.toString('utf8')}\n`
  }
}

/** The row of a whole line; null for any other text. */
function rowOf(text: string): SweepRow | null {
  try {
    const { data } = sweepRowSchema.safeParse(JSON.parse(text))
    return data !== undefined && agrees(data) ? data : null
  } catch {
    return null
  }
}

/** Whether a row has figures if it was simulated, and else a reason. */
function agrees({ status, reason, scenario, figures }: SweepRow): boolean {
  const done = status === 'done'
  return [reason === null, scenario !== null, figures !== null].every((has) => has === done)
}

/** A row takes kilobytes; a longer line is no row. */
const MOST_LINE_BYTES = 1 << 24

/** The lines that end with a line break, each with its place in the file. */
async function* linesOf(file: FileHandle, signal: AbortSignal | undefined) {
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
