import { Failure } from '../failure.ts'
import { listed } from '../parse/describe-value.ts'
import { TraceCut } from './trace-cut.ts'
import type { TraceArrivals, TracePiece } from './trace-piece.ts'
import { type ReadingOptions, TraceReading } from './trace-reading.ts'
import { BusiestStretch, statedWindow, type TraceWindow } from './trace-window.ts'

/** What is known of a trace once its file has been read through. */
export interface TraceSurvey {
  readonly window: TraceWindow
  /** all rows of the file, inside and outside the window */
  readonly rows: number
  readonly taken: number
  /** unreadable rows that were skipped */
  readonly bad: number
  /** lengths that were cut to `max_length` */
  readonly clamped: number
  /** rows of the file by their value in the class column; empty without one */
  readonly kinds: readonly (readonly [value: string, rows: number])[]
  /**
   * ms from the start of the window to its end, or without an end to the last row, times
   * `time_scale`
   */
  readonly spanMs: number
  /** a sample of lengths across the window, for their mix; null if the trace has none */
  readonly lengthSample: Int32Array | null
  /** the same for tokens to generate */
  readonly outputSample: Int32Array | null
  /** all rows of the window, if they are few; otherwise null, and they must be streamed */
  readonly held: TracePiece | null
}

export interface TraceRows extends TracePiece {
  readonly spanMs: number
  readonly rows: number
  readonly skippedOutsideWindow: number
  readonly clamped: number
  readonly bad: number
}

/** Traces up to this number of rows are kept in memory; the samples of lengths are no larger. */
const HELD_ROWS = 65_536

/**
 * Reads the file of a trace once, for the properties that must be known before its first row is
 * used. Finding the busiest stretch takes an additional reading. Memory is limited to `HELD_ROWS`
 * and the reader's buffers, however long the file is. The caller applies `load`, since the trace
 * does not determine the capacity. Throws `Failure` with `file:line: problem` for the first bad
 * rows, and if the window has no rows.
 */
export async function surveyTrace(
  arrivals: TraceArrivals,
  directory: string,
  options: ReadingOptions = {},
): Promise<TraceSurvey> {
  const lengths = new LengthSample(HELD_ROWS)
  const outputs = new LengthSample(HELD_ROWS)
  let pieces: TracePiece[] = []
  let taken = 0
  const survey = await readThrough(arrivals, directory, options, (piece) => {
    taken += piece.times.length
    pieces = taken > HELD_ROWS ? [] : [...pieces, joined([piece])]
    for (const length of piece.lengths ?? []) lengths.add(length)
    for (const output of piece.outputs ?? []) outputs.add(output)
  })
  const held = taken > HELD_ROWS ? null : joined(pieces)
  return { ...survey, lengthSample: lengths.kept(), outputSample: outputs.kept(), held }
}

/** The rows of a surveyed trace in pieces. The arrays are reused for the next piece. */
export async function* tracePieces(
  arrivals: TraceArrivals,
  directory: string,
  { window }: TraceSurvey,
): AsyncGenerator<TracePiece> {
  const reading = new TraceReading(arrivals, directory)
  const cut = new TraceCut(arrivals, window, reading.kinds)
  for await (const run of reading.runs()) {
    if (run.times[0]! >= window.endMs) return
    const piece = cut.piece(run)
    if (piece.times.length > 0) yield piece
  }
}

/** Most rows that can be kept at once: about 50 bytes each. */
const MOST_ROWS = 10_000_000

/** All rows of a trace at once. Throws as `surveyTrace`, and if there are too many rows. */
export async function readTrace(
  arrivals: TraceArrivals,
  directory: string,
  options: ReadingOptions = {},
): Promise<TraceRows> {
  const pieces: TracePiece[] = []
  let held = 0
  const survey = await readThrough(arrivals, directory, options, (piece, file) => {
    held += piece.times.length
    if (held > MOST_ROWS) throw new Failure(`${file}: ${TOO_MANY_ROWS}`)
    pieces.push(joined([piece]))
  })
  const { rows, taken: inside, spanMs, clamped, bad } = survey
  return { ...joined(pieces), spanMs, rows, skippedOutsideWindow: rows - inside, clamped, bad }
}

const TOO_MANY_ROWS = `expected at most ${MOST_ROWS.toLocaleString('en-US')} rows, as all of them are kept in memory, got more; cut the file, or use a window of it in a scenario`

async function readThrough(
  arrivals: TraceArrivals,
  directory: string,
  options: ReadingOptions,
  onPiece: (piece: TracePiece, file: string) => void,
): Promise<Omit<TraceSurvey, 'lengthSample' | 'outputSample' | 'held'>> {
  const window =
    statedWindow(arrivals.window) ?? (await busiestStretch(arrivals, directory, options))
  const reading = new TraceReading(arrivals, directory, options)
  const cut = new TraceCut(arrivals, window, reading.kinds)
  let inside = 0
  let last = 0
  for await (const run of reading.runs()) {
    last = run.times.at(-1)!
    const piece = cut.piece(run)
    inside += piece.times.length
    if (piece.times.length > 0) onPiece(piece, reading.file)
  }
  const { startMs, endMs } = window
  if (inside === 0) {
    const ofClass = classText(arrivals)
    const stretch = Number.isFinite(endMs) ? ` from ${startMs / 1000} to ${endMs / 1000} s` : ''
    const text = `expected rows${stretch}${ofClass}, got none`
    if (ofClass !== '') {
      const present = listed(reading.kinds?.names ?? [])
      const key = options.key?.('class_values') ?? 'class_values'
      throw new Failure(`${reading.file}: ${text}; its values are ${present}: set ${key}`)
    }
    const end = Number((last / 1000).toFixed(3))
    throw new Failure(`${reading.file}:${reading.lines}: ${text}; the last one is at ${end} s`)
  }
  const spanMs = ((Number.isFinite(endMs) ? endMs : last) - startMs) * (arrivals.time_scale ?? 1)
  const { rows, bad } = reading
  const kinds = reading.kinds?.counts() ?? []
  return { window, rows, taken: inside, bad, clamped: cut.clamped, spanMs, kinds }
}

function classText({ columns, class_values: values }: TraceArrivals): string {
  return values === undefined ? '' : ` whose ${columns?.class} is ${listed(values)}`
}

async function busiestStretch(
  arrivals: TraceArrivals,
  directory: string,
  options: ReadingOptions,
): Promise<TraceWindow> {
  if (!arrivals.window || !('busiest_s' in arrivals.window)) throw new Error('Expected a window')
  const stretch = new BusiestStretch(1000 * arrivals.window.busiest_s)
  for await (const { times } of new TraceReading(arrivals, directory, options).runs()) {
    for (const time of times) stretch.add(time)
  }
  return stretch.found()
}

/** Pieces joined into new arrays. */
function joined(pieces: readonly TracePiece[]): TracePiece {
  const times = new Float64Array(pieces.reduce((sum, piece) => sum + piece.times.length, 0))
  const lengths = pieces[0]?.lengths ? new Int32Array(times.length) : null
  const outputs = pieces[0]?.outputs ? new Int32Array(times.length) : null
  let at = 0
  for (const piece of pieces) {
    times.set(piece.times, at)
    if (piece.lengths) lengths?.set(piece.lengths, at)
    if (piece.outputs) outputs?.set(piece.outputs, at)
    at += piece.times.length
  }
  const prefixes = pieces[0]?.prefixes ? pieces.flatMap((piece) => piece.prefixes!) : null
  return { times, lengths, outputs, prefixes }
}

/** Every n-th of many lengths; n doubles when the sample is full. */
class LengthSample {
  #values: number[] = []
  readonly #most: number
  #stride = 1
  #count = 0

  constructor(most: number) {
    this.#most = most
  }

  add(length: number): void {
    if (this.#count++ % this.#stride !== 0) return
    if (this.#values.length === this.#most) {
      this.#values = this.#values.filter((_, i) => i % 2 === 0)
      this.#stride *= 2
    }
    this.#values.push(length)
  }

  /** Null if there were none. */
  kept(): Int32Array | null {
    return this.#values.length > 0 ? Int32Array.from(this.#values) : null
  }
}
