import { Failure } from '../failure.ts'
import { readUserText, Unreadable } from '../load/user-file.ts'
import { describeValue } from '../parse/describe-value.ts'
import { beginningOf, LineError, linesOf } from '../trace/trace-lines.ts'
import { RECORD_FORMATS, REFUSED_FILES } from './formats.ts'
import { MOST_RECORDS, type RequestLog, RequestLogBuilder } from './request-log.ts'
import type { DocumentFormat, LineFormat, RecordFormat } from './request-record.ts'
import { RecordProblem } from './request-record.ts'

interface ReadRequestsOptions {
  /** default: the one that each file looks like */
  readonly format?: RecordFormat | undefined
  /** what an unreadable record leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
  readonly onProgress?: (file: string, bytes: number, totalBytes: number) => void
}

export interface LogFile {
  readonly path: string
  readonly records: number
  /** unreadable records that were left out */
  readonly bad: number
  /** lines without a request, such as a header or what else a program logs */
  readonly others: number
}

export interface ReadRequests {
  readonly format: RecordFormat
  readonly files: readonly LogFile[]
  readonly log: RequestLog
}

/** As many characters show the format of a file. */
const BEGINNING = 1 << 16
/** A document is parsed as a whole, which takes some ten times its size in memory. */
const MOST_DOCUMENT_BYTES = 256 * 2 ** 20
const MOST_PROBLEMS = 10

/**
 * Requests of files that load generators or servers wrote, all in one format. Null where a file
 * looks like none of them. Throws `Failure` with the line or path of each bad record.
 */
export async function readRequests(
  paths: readonly string[],
  { format: stated, badRows = 'error', onProgress }: ReadRequestsOptions = {},
): Promise<ReadRequests | null> {
  const formats = await Promise.all(paths.map((path) => stated ?? formatOf(path)))
  const [format] = formats
  if (format === null || format === undefined) return null
  const other = formats.findIndex((each) => each !== format)
  if (other >= 0) {
    const text = `expected ${format.title}, as ${paths[0]} is, got ${formats[other]?.title ?? 'another format'}`
    throw new Failure(`${paths[other]}: ${text}`)
  }
  const builder = new RequestLogBuilder()
  const files: LogFile[] = []
  for (const path of paths) {
    const reader = new FileReader(path, builder, badRows)
    if (format.kind === 'lines') await reader.lines(format, onProgress)
    else await reader.document(format)
    files.push(reader.read())
  }
  const log = builder.log()
  if (paths.length > 1 && log.originMs === null) {
    const text = `times of ${format.title} do not count from 1970, so files cannot be joined`
    throw new Failure(`${text}; import them one by one`)
  }
  return { format, files, log }
}

/** Null for a file that looks like no format. */
async function formatOf(path: string): Promise<RecordFormat | null> {
  let beginning: string
  try {
    beginning = (await beginningOf(path, BEGINNING)).replace(/^\ufeff/, '')
  } catch (error) {
    throw unreadable(path, error)
  }
  const refused = REFUSED_FILES.find(({ looksLike }) => looksLike(beginning))
  if (refused !== undefined) throw new Failure(`${path}: ${refused.problem}`)
  const found = RECORD_FORMATS.filter(({ looksLike }) => looksLike(beginning))
  if (found.length > 1) {
    const names = found.map(({ name }) => name).join(' and ')
    throw new Failure(`${path}: looks like ${names}; state which with --format`)
  }
  return found[0] ?? null
}

class FileReader {
  readonly #path: string
  readonly #builder: RequestLogBuilder
  readonly #skips: boolean
  readonly #before: number
  readonly #problems: string[] = []
  #bad = 0
  #others = 0

  constructor(path: string, builder: RequestLogBuilder, badRows: 'error' | 'skip') {
    this.#path = path
    this.#builder = builder
    this.#skips = badRows === 'skip'
    this.#before = builder.count
  }

  async lines(
    format: LineFormat,
    onProgress?: (file: string, bytes: number, totalBytes: number) => void,
  ): Promise<void> {
    const read = format.reader()
    try {
      const progress = ({ bytes, totalBytes }: { bytes: number; totalBytes: number }) =>
        onProgress?.(this.#path, bytes, totalBytes)
      for await (const { texts, first } of linesOf(this.#path, progress)) {
        for (const [i, text] of texts.entries()) {
          this.#add(`:${first + i}`, () =>
            read(first + i === 1 ? text.replace(/^\ufeff/, '') : text),
          )
        }
      }
    } catch (error) {
      throw unreadable(this.#path, error)
    }
  }

  async document(format: DocumentFormat): Promise<void> {
    let document: unknown
    try {
      document = JSON.parse(await readUserText(this.#path, MOST_DOCUMENT_BYTES))
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw unreadable(this.#path, error)
      throw new Failure(`${this.#path}: expected JSON, got ${describeValue(error.message)}`)
    }
    try {
      for (const record of format.records(document)) this.#add('', () => record)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      throw new Failure(`${this.#path}: ${error.message}`)
    }
  }

  #add(place: string, record: () => ReturnType<ReturnType<LineFormat['reader']>>): void {
    try {
      const read = record()
      if (read !== null) this.#builder.add(read)
      else this.#others++
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      this.#bad++
      if (this.#skips) return
      this.#problems.push(`${this.#path}${place}: ${error.message}`)
      // ten bad records show the pattern
      if (this.#problems.length >= MOST_PROBLEMS) throw new Failure(this.#problems)
    }
    if (this.#builder.count > MOST_RECORDS) {
      const most = MOST_RECORDS.toLocaleString('en-US')
      throw new Failure(`${this.#path}: expected at most ${most} requests; import a part of them`)
    }
  }

  read(): LogFile {
    if (this.#problems.length > 0) throw new Failure(this.#problems)
    const records = this.#builder.count - this.#before
    if (records === 0) throw new Failure(`${this.#path}: expected requests, got none`)
    return { path: this.#path, records, bad: this.#bad, others: this.#others }
  }
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof LineError) return new Failure(`${path}:${error.line}: ${error.message}`)
  if (!(error instanceof Unreadable)) return error
  return new Failure(`${path}: cannot read the requests: ${error.message}`)
}
