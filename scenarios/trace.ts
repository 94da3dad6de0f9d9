import { isAbsolute, join } from 'node:path'
import { Failure } from './failure.ts'
import type { Arrivals } from './schema.ts'
import { eachLine, LineError } from './trace-lines.ts'
import {
  csvReader,
  jsonlReader,
  type RowProblem,
  type RowReader,
  type TraceColumns,
} from './trace-rows.ts'

export type TraceArrivals = Extract<Arrivals, { process: 'trace' }>

export interface TraceRows {
  /** ms from the start of the window, times `time_scale`; sorted */
  readonly times: Float64Array
  /** of the same rows, at least 1; null where the trace has none */
  readonly lengths: Int32Array | null
  /** tokens to generate, at least 0; null where the trace has none */
  readonly outputs: Int32Array | null
  /**
   * ms from the start of the window to its end, times `time_scale`; without one, to the last row
   */
  readonly spanMs: number
  /** all rows of the file: those taken and those outside the window */
  readonly rows: number
  readonly skippedOutsideWindow: number
  /** lengths that were cut to `max_length` */
  readonly clamped: number
  /** rows that could not be read, where those are skipped */
  readonly bad: number
}

export interface TraceProgress {
  readonly lines: number
  readonly bytes: number
  readonly totalBytes: number
}

const MAX_PROBLEMS = 10

/**
 * Reads the trace of a class, streaming: memory goes to times and lengths only. `load` is left to
 * the caller, who knows the capacity. Throws `Failure` with `file:line: problem` for the first
 * bad rows, and where nothing is in the window.
 */
export async function readTrace(
  arrivals: TraceArrivals,
  directory: string,
  onProgress?: (progress: TraceProgress) => void,
): Promise<TraceRows> {
  const file = isAbsolute(arrivals.file) ? arrivals.file : join(directory, arrivals.file)
  const { reader, lines, bad } = await readRows(arrivals, file, onProgress)
  const jittered = jitter(reader.times(), arrivals.jitter_s ?? 0)
  const [times, lengths, outputs] = sorted(jittered, [reader.lengths(), reader.outputs()])
  if (times.length === 0) throw new Failure(`${file}:${lines}: expected rows, got none`)
  const { from, to, startMs, endMs } = windowOf(times, arrivals.window)
  if (from === to) {
    const last = Number((times.at(-1)! / 1000).toFixed(3))
    const text = `expected rows from ${startMs / 1000} to ${endMs / 1000} s, got none`
    throw new Failure(`${file}:${lines}: ${text}; the last one is at ${last} s`)
  }
  const scale = arrivals.time_scale ?? 1
  const cut = lengths && scaledLengths(lengths.subarray(from, to), arrivals)
  return {
    times: times.slice(from, to).map((ms) => (ms - startMs) * scale),
    lengths: cut?.lengths ?? null,
    outputs: outputs && Int32Array.from(outputs.subarray(from, to), Math.round),
    spanMs: (endMs - startMs) * scale,
    rows: times.length,
    skippedOutsideWindow: times.length - (to - from),
    clamped: cut ? cut.clamped : 0,
    bad,
  }
}

async function readRows(
  arrivals: TraceArrivals,
  file: string,
  onProgress?: (progress: TraceProgress) => void,
): Promise<{ reader: RowReader; lines: number; bad: number }> {
  const problems: string[] = []
  let lines = 1
  let bad = 0
  const problem: RowProblem = (line, text, fatal = false) => {
    if (arrivals.bad_rows === 'skip' && !fatal) {
      bad++
      return
    }
    problems.push(`${file}:${line}: ${text}`)
    // Ten bad rows show the pattern.
    if (fatal || problems.length >= MAX_PROBLEMS) throw new Failure(problems)
  }
  const { format } = arrivals
  const make = format === 'jsonl' || format === 'mooncake' ? jsonlReader : csvReader
  const reader = make(columnsOf(arrivals), problem)
  const onLine = (text: string, line: number) => {
    lines = line
    reader.line(text, line)
  }
  try {
    await eachLine(file, onLine, onProgress && ((bytes) => onProgress({ lines, ...bytes })))
    reader.end()
  } catch (error) {
    if (error instanceof Failure) throw error
    if (!(error instanceof LineError)) throw unreadable(error, file, arrivals)
    problems.push(`${file}:${error.line}: ${error.message}`)
  }
  if (problems.length > 0) throw new Failure(problems)
  return { reader, lines, bad }
}

function columnsOf(arrivals: TraceArrivals): TraceColumns {
  const known = KNOWN_COLUMNS[arrivals.format]
  if (known !== undefined) return known
  const { columns, time_unit: unit } = arrivals
  if (!columns || !unit) throw new Error('a csv or jsonl trace needs columns and time_unit')
  const { time, input_tokens: inputTokens = null, output_tokens: outputTokens = null } = columns
  return { time, inputTokens, outputTokens, unit }
}

/** Columns of the formats that have their own. */
const KNOWN_COLUMNS: Readonly<Partial<Record<TraceArrivals['format'], TraceColumns>>> = {
  'azure-llm': {
    time: 'TIMESTAMP',
    inputTokens: 'ContextTokens',
    outputTokens: 'GeneratedTokens',
    unit: 'iso',
  },
  mooncake: {
    time: 'timestamp',
    inputTokens: 'input_length',
    outputTokens: 'output_length',
    unit: 'ms',
  },
  burstgpt: {
    time: 'Timestamp',
    inputTokens: 'Request tokens',
    outputTokens: 'Response tokens',
    unit: 's',
  },
}

/** Spreads times evenly over `seconds`, by the number of their row: the same in every run. */
function jitter(times: Float64Array, seconds: number): Float64Array {
  if (seconds === 0) return times
  // multiples of the golden ratio fill an interval evenly (Weyl 1916)
  return times.map((time, i) => time + 1000 * seconds * ((i * GOLDEN) % 1))
}

const GOLDEN = (Math.sqrt(5) - 1) / 2

function unreadable(error: unknown, file: string, arrivals: TraceArrivals): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code === undefined) return error
  const missing = code === 'ENOENT' || code === 'ENOTDIR'
  const found = missing ? 'no such file' : code === 'EISDIR' ? 'it is a folder' : code
  const hint =
    missing && arrivals.format === 'azure-llm'
      ? '; the trace can be downloaded from https://github.com/Azure/AzurePublicDataset,' +
        ' where it is data/AzureLLMInferenceTrace_code.csv'
      : ''
  return new Failure(`${file}: cannot read the trace: ${found}${hint}`)
}

type Column = Float64Array | null

/** Rows by their times. */
function sorted(
  times: Float64Array,
  [lengths, outputs]: readonly [Column, Column],
): [times: Float64Array, lengths: Column, outputs: Column] {
  if (times.every((time, i) => i === 0 || time >= times[i - 1]!)) return [times, lengths, outputs]
  const order = Uint32Array.from(times, (_, i) => i)
  order.sort((a, b) => times[a]! - times[b]! || a - b)
  const ordered = (column: Float64Array) => column.map((_, i) => column[order[i]!]!)
  return [ordered(times), lengths && ordered(lengths), outputs && ordered(outputs)]
}

interface Window {
  /** rows from … to - 1 */
  readonly from: number
  readonly to: number
  readonly startMs: number
  readonly endMs: number
}

/** Windows are half open: a row at `to_s` is outside. Of equally busy ones the first is taken. */
function windowOf(times: Float64Array, window: TraceArrivals['window']): Window {
  if (!window) return { from: 0, to: times.length, startMs: 0, endMs: times.at(-1)! }
  if ('to_s' in window) {
    const startMs = window.from_s * 1000
    const endMs = window.to_s * 1000
    return { from: firstAt(times, startMs), to: firstAt(times, endMs), startMs, endMs }
  }
  const lengthMs = window.busiest_s * 1000
  let best = { from: 0, to: 0 }
  let to = 0
  for (let from = 0; from < times.length; from++) {
    while (to < times.length && times[to]! - times[from]! < lengthMs) to++
    if (to - from > best.to - best.from) best = { from, to }
  }
  const startMs = times[best.from]!
  return { ...best, startMs, endMs: startMs + lengthMs }
}

/** Index of the first row at or after a time. */
function firstAt(times: Float64Array, ms: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! < ms) low = middle + 1
    else high = middle
  }
  return low
}

/** Scaled, rounded, at least 1, at most `max_length`: a dropped request would change the load. */
function scaledLengths(lengths: Float64Array, arrivals: TraceArrivals) {
  const most = arrivals.max_length ?? 2 ** 31 - 1
  let clamped = 0
  const scaled = Int32Array.from(lengths, (length) => {
    const wanted = Math.max(1, Math.round(length * arrivals.length_scale))
    if (wanted > most) clamped++
    return Math.min(wanted, most)
  })
  return { lengths: scaled, clamped }
}
