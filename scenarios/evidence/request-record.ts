/**
 * A request as a load generator or an access log recorded it. Times are in ms since one origin of
 * the file: 1970, or any other. NaN where the file does not have a figure.
 */
export interface RequestRecord {
  /** when it was to be sent, by the schedule of a load generator */
  readonly scheduledMs: number
  /** when it was sent, or was received where a server or proxy wrote the record */
  readonly sentMs: number
  /** when its first token was received, or the first byte of its answer */
  readonly firstTokenMs: number
  /** when its answer was complete, or it failed */
  readonly endMs: number
  /** that it waited for a free server, as its server or proxy states it */
  readonly queueMs: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly ok: boolean
  /** its kind, such as a path or a model; null where the file has none */
  readonly kind: string | null
}

/** A record that cannot be read; the message is without the file and line. */
export class RecordProblem extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RecordProblem'
  }
}

interface Format {
  /** "aiperf" */
  readonly name: string
  /** "AIPerf, profile_export.jsonl" */
  readonly title: string
  /** from when the tool that wrote the file counts latency */
  readonly latencyFrom: 'scheduled' | 'sent' | 'received'
  /**
   * Whether a file looks like this format, by its beginning (up to 64 KiB, cut anywhere). Must not
   * throw. Two formats must not both look like one file.
   */
  readonly looksLike: (beginning: string) => boolean
}

/** A format with one record a line. */
export interface LineFormat extends Format {
  readonly kind: 'lines'
  /**
   * A reader of the lines of one file, which are passed in order. It returns null for a line
   * without a record (a header, a comment, an empty line), and throws `RecordProblem` for one that
   * cannot be read.
   */
  readonly reader: () => (line: string) => RequestRecord | null
}

/** A format that is one JSON document. */
export interface DocumentFormat extends Format {
  readonly kind: 'document'
  /**
   * Its records, in any order. Throws `RecordProblem` where it is another document, or a record
   * cannot be read; the message has the path, as `requests[3].end_time: expected a number, got
   * "x"`.
   */
  readonly records: (document: unknown) => Iterable<RequestRecord>
}

export type RecordFormat = LineFormat | DocumentFormat
