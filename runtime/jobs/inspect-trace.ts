import type { ClassFindings, TraceDocument } from '../../reports/index.ts'
import {
  type ClassValues,
  Failure,
  type TraceArrivals,
  TraceReading,
  type TraceRun,
} from '../../scenarios/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'
import { expectTrace } from '../parquet/expect-trace.ts'
import { pause } from '../process/interruption.ts'
import { LIBRARY_CALL, ownKey, type TraceJobOptions } from './options.ts'

/** Statistics of a trace, read as a stream. Its path starts at the working directory. */
export async function inspectTrace(
  trace: TraceArrivals,
  { file = trace.file, key = ownKey, ...options }: TraceJobOptions = {},
): Promise<TraceDocument> {
  const { signal, onProgress, command = LIBRARY_CALL } = options
  await expectTrace(trace, '.', signal)
  const reading = new TraceReading(trace, '.', {
    key,
    onProgress: (read) => onProgress?.(`reading ${file}`, read.bytes, read.totalBytes),
  })
  const tally = new TraceTally()
  const classes = new ClassTallies()
  for await (const run of reading.runs()) {
    tally.add(run)
    if (run.kinds !== null) classes.add(run)
    await pause(signal)
  }
  const statistics = tally.statistics()
  if (statistics.duration_s === 0) {
    throw new Failure(`${file}: expected rows at different times, got one instant`)
  }
  const head = { document: 'spillway-trace', format: 1, file, bad_rows: reading.bad } as const
  const findings = reading.kinds && classes.findings(reading.kinds, statistics.duration_s)
  const first_row_at = reading.firstRowAt
  const byClass = { class_column: trace.columns?.class ?? null, classes: findings ?? [] }
  return { ...head, first_row_at, ...statistics, ...byClass, command }
}

/** Classes with statistics of their own. The rows of further values are counted only. */
const MOST_CLASSES = 200

/** The statistics of a trace by the values of its class column. */
class ClassTallies {
  readonly #tallies: TraceTally[] = []

  /** Adds the next rows, which have a class column. */
  add({ times, lengths, outputs, kinds }: TraceRun): void {
    const rows = new Map<number, number[]>()
    for (const [row, kind] of kinds!.entries()) {
      if (kind >= MOST_CLASSES) continue
      const indices = rows.get(kind)
      if (indices === undefined) rows.set(kind, [row])
      else indices.push(row)
    }
    for (const [kind, indices] of rows) {
      const pick = (column: Float64Array | null) =>
        column && Float64Array.from(indices, (row) => column[row]!)
      this.#tallies[kind] ??= new TraceTally()
      this.#tallies[kind].add({
        times: pick(times)!,
        lengths: pick(lengths),
        outputs: pick(outputs),
      })
    }
  }

  /** The most frequent values first, each with its rate over the whole trace. */
  findings(values: ClassValues, durationS: number): ClassFindings[] {
    return values.counts().map(([value, rows]) => {
      const tally = this.#tallies[values.numberOf(value)!]
      const { gaps, windows, peak, input_tokens, output_tokens } = tally?.statistics() ?? NONE
      const counted = { value, rows, mean_rps: rows / durationS, cv: finite(gaps?.cv) }
      return { ...counted, windows, peak, input_tokens, output_tokens }
    })
  }
}

const NONE = { gaps: null, windows: [], peak: null, input_tokens: null, output_tokens: null }

/** The variation of less than two gaps is unknown. */
const finite = (value: number | undefined) =>
  value !== undefined && Number.isFinite(value) ? value : null
