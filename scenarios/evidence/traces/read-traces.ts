import { Failure } from '../../failure.ts'
import {
  BadRecords,
  eachLine,
  jsonDocument,
  type LogFile,
  type LogFileOptions,
  logBeginning,
  parsedJson,
} from '../log-file.ts'
import { type RequestLog, RequestLogBuilder } from '../request-log.ts'
import { requestSpan } from './request-span.ts'
import type { Sampling } from './sampling.ts'
import { spansIn } from './span.ts'
import { TraceRequests } from './trace-requests.ts'

interface ReadTracesOptions extends LogFileOptions {
  /** `service.name` of the server; default: the only one that has requests */
  readonly service?: string | undefined
  /** share of the requests that was traced; default: as the spans state it */
  readonly share?: number | undefined
}

export interface ReadTraces {
  readonly files: readonly LogFile[]
  readonly log: RequestLog
  readonly latencyFrom: 'sent' | 'received'
  readonly sampling: Sampling
  /** what limits the use of the requests */
  readonly notes: readonly string[]
}

/** Each takes some 500 bytes until all files are read. */
const MOST_SPANS = 1_000_000
/** A line of the collector has the spans of a batch, 8192 by default. */
const MOST_LINE_CHARACTERS = 1 << 26

/**
 * Requests of one service in files with spans of OpenTelemetry as JSON: on each line an
 * ExportTraceServiceRequest, or one document. Throws `Failure` with the line or path of each bad
 * span.
 */
export async function readTraces(
  paths: readonly string[],
  { service, share, ...options }: ReadTracesOptions = {},
): Promise<ReadTraces> {
  const requests = new TraceRequests({ service: service ?? null, share: share ?? null })
  const read: Omit<LogFile, 'records'>[] = []
  for (const [file, path] of paths.entries()) {
    const reader = new TraceFileReader(path, file, requests, options)
    if (isDocument(await logBeginning(path))) await reader.document()
    else await reader.lines()
    read.push(reader.read())
  }
  const { requests: found, kind, sampling, notes } = requests.found(paths.join(', '))
  const builder = new RequestLogBuilder()
  const records = paths.map(() => 0)
  for (const { record, instance, file } of found) {
    builder.add(record, instance)
    records[file]!++
  }
  // spans may be in each other
  if (builder.count === 0) throw new Failure(`${paths[0]}: expected requests, got none`)
  return {
    files: read.map((file, i) => ({ ...file, records: records[i]! })),
    log: builder.log(),
    latencyFrom: kind === 'model call' ? 'sent' : 'received',
    ...{ sampling, notes },
  }
}

/** Whether the first line of a file goes on in the next one. */
function isDocument(beginning: string): boolean {
  const [, first] = /^\s*([^\n]*)\n/.exec(beginning) ?? []
  return first !== undefined && /[{[,:]$/.test(first.trimEnd())
}

class TraceFileReader {
  readonly #path: string
  readonly #file: number
  readonly #requests: TraceRequests
  readonly #options: LogFileOptions
  readonly #bad: BadRecords
  #others = 0

  constructor(path: string, file: number, requests: TraceRequests, options: LogFileOptions) {
    this.#path = path
    this.#file = file
    this.#requests = requests
    this.#options = options
    this.#bad = new BadRecords(path, options.badRows ?? 'error')
  }

  async document(): Promise<void> {
    const document = await jsonDocument(this.#path)
    this.#add('', () => document)
  }

  async lines(): Promise<void> {
    const onLine = (line: string, number: number) => {
      if (line.trim() === '' || this.#add(`:${number}`, () => parsedJson(line)) === 0)
        this.#others++
    }
    const mostCharacters = MOST_LINE_CHARACTERS
    await eachLine(this.#path, onLine, { ...this.#options, mostCharacters })
  }

  /** The number of spans that may be requests, or cannot be read. */
  #add(place: string, document: () => unknown): number {
    // a list that is none ends the document, and a bad span does not
    const spans = this.#bad.read(place, () => [...spansIn(document())])
    if (spans === undefined) return 1
    let count = 0
    for (const span of spans) {
      const read = this.#bad.read(place, () => requestSpan(span))
      if (read === null) continue
      count++
      if (read !== undefined) this.#requests.add(read, this.#file)
    }
    if (this.#requests.count > MOST_SPANS) {
      const most = MOST_SPANS.toLocaleString('en-US')
      throw new Failure(`${this.#path}: expected at most ${most} requests; import a part of them`)
    }
    return count
  }

  read(): Omit<LogFile, 'records'> {
    return { path: this.#path, bad: this.#bad.end(), others: this.#others }
  }
}
