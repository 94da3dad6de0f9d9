import { Failure } from '../failure.ts'
import { readUserText, Unreadable } from '../load/user-file.ts'
import { describeValue } from '../parse/describe-value.ts'
import { isShallow } from '../parse/json-size.ts'
import { beginningOf, LineError, type LineOptions, linesOf } from '../trace/trace-lines.ts'
import { RecordProblem } from './request-record.ts'

/** A file with requests, and how much of it was read. */
export interface LogFile {
  readonly path: string
  readonly records: number
  /** unreadable records that were left out */
  readonly bad: number
  /** lines without a request, such as a header or what else a program logs */
  readonly others: number
}

export interface LogFileOptions {
  /** what an unreadable record leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
  readonly onProgress?: (file: string, bytes: number, totalBytes: number) => void
}

/** As many characters show the format of a file. */
const BEGINNING = 1 << 16
/** A document is parsed as a whole, which takes some ten times its size in memory. */
const MOST_DOCUMENT_BYTES = 256 * 2 ** 20
const MOST_PROBLEMS = 10

const withoutMark = (text: string) => text.replace(/^\ufeff/, '')

/** The beginning of a file, which shows its format. Throws `Failure`. */
export async function logBeginning(path: string): Promise<string> {
  try {
    return withoutMark(await beginningOf(path, BEGINNING))
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Passes on each line of a file, with its number from 1. Throws `Failure`. */
export async function eachLine(
  path: string,
  onLine: (line: string, number: number) => void,
  options: LogFileOptions & LineOptions = {},
): Promise<void> {
  const { onProgress, ...limits } = options
  try {
    const lines = linesOf(
      path,
      ({ bytes, totalBytes }) => onProgress?.(path, bytes, totalBytes),
      limits,
    )
    for await (const { texts, first } of lines) {
      for (const [i, text] of texts.entries()) {
        onLine(first + i === 1 ? withoutMark(text) : text, first + i)
      }
    }
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** A file that is one JSON document. Throws `Failure`. */
export async function jsonDocument(path: string): Promise<unknown> {
  try {
    return parsedJson(await readUserText(path, MOST_DOCUMENT_BYTES))
  } catch (error) {
    if (error instanceof RecordProblem) throw new Failure(`${path}: ${error.message}`)
    const remedy = path.endsWith('.gz') ? '; unpack it first' : ''
    throw unreadable(path, error, remedy)
  }
}

/** Throws `RecordProblem` for a text that is no JSON. */
export function parsedJson(text: string): unknown {
  if (!isShallow(text)) throw new RecordProblem('expected JSON of at most 1000 levels, got more')
  try {
    return JSON.parse(text)
  } catch (error) {
    const { message } = error as SyntaxError
    throw new RecordProblem(`expected JSON, got ${describeValue(message)}`)
  }
}

function unreadable(path: string, error: unknown, remedy = ''): unknown {
  if (error instanceof LineError) return new Failure(`${path}:${error.line}: ${error.message}`)
  if (!(error instanceof Unreadable)) return error
  return new Failure(`${path}: cannot read the requests: ${error.message}${remedy}`)
}

/** The records of one file that cannot be read. */
export class BadRecords {
  readonly #path: string
  readonly #skips: boolean
  readonly #problems: string[] = []
  #count = 0

  constructor(path: string, badRows: 'error' | 'skip') {
    this.#path = path
    this.#skips = badRows === 'skip'
  }

  /** Reads a record; undefined for a bad one. Throws `Failure` where there are many. */
  read<T>(place: string, record: () => T): T | undefined {
    try {
      return record()
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      this.#count++
      if (this.#skips) return undefined
      this.#problems.push(`${this.#path}${place}: ${error.message}`)
      // ten bad records show the pattern
      if (this.#problems.length >= MOST_PROBLEMS) throw new Failure(this.#problems)
      return undefined
    }
  }

  /** How many were left out. Throws `Failure` where none may be. */
  end(): number {
    if (this.#problems.length > 0) throw new Failure(this.#problems)
    return this.#count
  }
}
