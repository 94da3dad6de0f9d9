import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { Failure } from '../../scenarios/index.ts'
import { type SweepRow, sweepRowSchema } from '../../sim/documents/index.ts'
import { throwIfAborted } from '../process/interruption.ts'
import { JournalLines, linesOf, openJournal } from './journal-lines.ts'

/**
 * The rows of a sweep in the order in which they were simulated, as JSON lines. A line counts once
 * it is whole, so a process may be killed at any moment: a torn line is not JSON, and is ignored. A
 * second line of a configuration is ignored, too, so it does no harm if two processes write one.
 */

export const JOURNAL_FILE = 'journal.jsonl'

/** Appends rows to a journal. */
export class JournalWriter {
  readonly #lines: JournalLines

  private constructor(lines: JournalLines) {
    this.#lines = lines
  }

  /** Throws `Failure` if the file cannot be written. */
  static async open(path: string): Promise<JournalWriter> {
    return new JournalWriter(await JournalLines.open(path))
  }

  /** Resolves when the row is on the disk. Throws `Failure` if it cannot be written. */
  add(row: SweepRow): Promise<void> {
    return this.#lines.add(JSON.stringify(row))
  }

  /** Waits for the rows that were added, and closes the file. */
  close(): Promise<void> {
    return this.#lines.close()
  }
}

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
    const file = await openJournal(path, constants.O_RDONLY).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error
        return null
      },
    )
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
