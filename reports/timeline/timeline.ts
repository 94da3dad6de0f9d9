import { type Scenario, visibleJson } from '../../scenarios/index.ts'
import type { ExecutorChange, ModelMove, Rows } from '../../sim/stats/index.ts'
import { BatchIndex } from './batch-index.ts'
import { batchSlices, type TimelineParts } from './batch-slices.ts'
import { loadCounters } from './load-counters.ts'
import { lostMarks } from './lost-marks.ts'
import { type KnownMemory, memoryCounters } from './memory-counters.ts'
import { absenceSlices, moveSlices } from './replica-slices.ts'
import { sequenceSlices } from './sequence-slices.ts'
import { surgeSlices } from './surge-slices.ts'
import { microseconds, nanoseconds, type TraceEvent } from './trace-event.ts'
import { Tracks } from './tracks.ts'

/** A run, and what of it is drawn. */
export interface TimelineInput extends KnownMemory {
  readonly scenario: Scenario
  readonly run: {
    readonly rows: Rows
    readonly moves?: readonly ModelMove[]
    readonly changes?: readonly ExecutorChange[]
  }
  /** null for the start and the end of the run */
  readonly window: { readonly fromMs: number | null; readonly toMs: number | null }
  /** arrows from arrivals to batches */
  readonly flows: boolean
}

/** How many events of each kind a timeline has. */
export interface TimelineCounts {
  batches: number
  sequences: number
  loads: number
  absences: number
  surges: number
  marks: number
  counter_values: number
  arrows: number
  events: number
  /** of the file before compression */
  characters: number
}

/** A timeline under way; the counts are whole once its text has been read. */
interface Timeline {
  readonly pieces: Iterable<string>
  readonly counts: TimelineCounts
  /** the instant of 0 µs, ms; below 0 where something happened before the traffic */
  readonly zeroMs: number
}

/** Characters of a piece of text. */
const PIECE = 1 << 16

/** The timeline of a run in the Trace Event Format, piece by piece. `about` stands in the file. */
export function timelineOf(
  input: TimelineInput,
  about: Readonly<Record<string, string | number | null>>,
): Timeline {
  const counts: TimelineCounts = {
    batches: 0,
    sequences: 0,
    loads: 0,
    absences: 0,
    surges: 0,
    marks: 0,
    counter_values: 0,
    arrows: 0,
    events: 0,
    characters: 0,
  }
  const zeroMs = Math.min(0, Math.floor(earliest(input.run)))
  return { pieces: piecesOf(input, { about, zeroMs, counts }), counts, zeroMs }
}

function* piecesOf(
  input: TimelineInput,
  {
    about,
    zeroMs,
    counts,
  }: {
    readonly about: Readonly<Record<string, string | number | null>>
    readonly zeroMs: number
    readonly counts: TimelineCounts
  },
): Generator<string> {
  const head = JSON.stringify({ ...about, zero_ms: zeroMs })
  let piece = `{"displayTimeUnit":"ms","otherData":${head},"traceEvents":[\n`
  let separator = ''
  for (const event of eventsOf(input, zeroMs)) {
    count(counts, event)
    piece += separator + JSON.stringify(event)
    separator = ',\n'
    if (piece.length < PIECE) continue
    counts.characters += piece.length
    yield visibleJson(piece)
    piece = ''
  }
  counts.characters += piece.length
  yield visibleJson(`${piece}\n]}\n`)
}

/** All events; those of one track or counter in order of time, as far as rows have that order. */
function* eventsOf(input: TimelineInput, zeroMs: number): Generator<TraceEvent> {
  const { scenario, run, window, flows } = input
  const { rows, moves = [], changes = [] } = run
  const zero = nanoseconds(zeroMs)
  const span = { fromMs: window.fromMs ?? zeroMs, toMs: window.toMs ?? Number.POSITIVE_INFINITY }
  const tracks = new Tracks(scenario, { changes, flows })
  const parts: TimelineParts = {
    scenario,
    columns: rows.columns,
    batches: new BatchIndex(rows.columns),
    tracks,
    span,
    ts: (ns) => microseconds(ns - zero),
  }
  const surges = surgeSlices(parts)
  yield* tracks.metadata
  yield* surges
  yield* moveSlices(parts, moves)
  yield* absenceSlices(parts, changes, latest(rows))
  yield* loadCounters(parts)
  yield* memoryCounters(parts, input)
  yield* batchSlices(parts, flows)
  yield* sequenceSlices(parts)
  yield* lostMarks(parts)
}

function count(counts: TimelineCounts, { ph, ...event }: TraceEvent): void {
  counts.events++
  if (ph === 'C') counts.counter_values++
  else if (ph === 'i') counts.marks++
  else if (ph === 'b') counts.sequences++
  else if (ph === 's') counts.arrows++
  else if (ph === 'X' && 'cat' in event) {
    if (event.cat === 'batch') counts.batches++
    else if (event.cat === 'model') counts.loads++
    else if (event.cat === 'absence') counts.absences++
    else if (event.cat === 'surge') counts.surges++
  }
}

/** The first instant of a run, at most 0 ms. */
function earliest({ rows, moves = [], changes = [] }: TimelineInput['run']): number {
  let first = 0
  for (const column of [rows.columns.at, rows.columns.started]) {
    for (const at of column) if (at < first) first = at
  }
  for (const { started } of moves) first = Math.min(first, started)
  for (const { at } of changes) first = Math.min(first, at)
  return first
}

/** When the last request was done, ms. */
function latest({ columns: { at, done } }: Rows): number {
  let last = 0
  for (const column of [at, done]) {
    for (const time of column) if (time > last) last = time
  }
  return last
}
