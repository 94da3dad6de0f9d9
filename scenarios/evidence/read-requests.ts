import { Failure } from '../failure.ts'
import { RECORD_FORMATS, REFUSED_FILES } from './formats.ts'
import {
  BadRecords,
  eachLine,
  jsonDocument,
  type LogFile,
  type LogFileOptions,
  logBeginning,
} from './log-file.ts'
import { MOST_RECORDS, type RequestLog, RequestLogBuilder } from './request-log.ts'
import {
  type DocumentFormat,
  type LineFormat,
  type RecordFormat,
  RecordProblem,
  type RequestRecord,
} from './request-record.ts'

interface ReadRequestsOptions extends LogFileOptions {
  /** default: the one that each file looks like */
  readonly format?: RecordFormat | undefined
}

export interface ReadRequests {
  readonly format: RecordFormat
  readonly files: readonly LogFile[]
  readonly log: RequestLog
}

/**
 * Requests of files that load generators or servers wrote, all in one format. Null where a file
 * looks like none of them. Throws `Failure` with the line or path of each bad record.
 */
export async function readRequests(
  paths: readonly string[],
  { format: stated, ...options }: ReadRequestsOptions = {},
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
    const reader = new FileReader(path, builder, options)
    if (format.kind === 'lines') await reader.lines(format)
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
  const beginning = await logBeginning(path)
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
  readonly #options: LogFileOptions
  readonly #before: number
  readonly #bad: BadRecords
  #others = 0

  constructor(path: string, builder: RequestLogBuilder, options: LogFileOptions) {
    this.#path = path
    this.#builder = builder
    this.#options = options
    this.#before = builder.count
    this.#bad = new BadRecords(path, options.badRows ?? 'error')
  }

  async lines(format: LineFormat): Promise<void> {
    const read = format.reader()
    await eachLine(
      this.#path,
      (line, number) => this.#add(`:${number}`, () => read(line)),
      this.#options,
    )
  }

  async document(format: DocumentFormat): Promise<void> {
    const document = await jsonDocument(this.#path)
    try {
      for (const record of format.records(document)) this.#add('', () => record)
    } catch (error) {
      if (!(error instanceof RecordProblem)) throw error
      throw new Failure(`${this.#path}: ${error.message}`)
    }
  }

  #add(place: string, record: () => RequestRecord | null): void {
    const read = this.#bad.read(place, () => {
      const found = record()
      if (found !== null) this.#builder.add(found)
      return found
    })
    if (read === null) this.#others++
    if (this.#builder.count > MOST_RECORDS) {
      const most = MOST_RECORDS.toLocaleString('en-US')
      throw new Failure(`${this.#path}: expected at most ${most} requests; import a part of them`)
    }
  }

  read(): LogFile {
    const bad = this.#bad.end()
    const records = this.#builder.count - this.#before
    if (records === 0) throw new Failure(`${this.#path}: expected requests, got none`)
    return { path: this.#path, records, bad, others: this.#others }
  }
}
