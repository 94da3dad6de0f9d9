import type { TraceDocument } from '../../reports/index.ts'
import { Failure, type TraceArrivals, TraceReading } from '../../scenarios/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'
import { expectTrace } from '../parquet/expect-trace.ts'
import { pause } from '../process/interruption.ts'
import { ClassTallies } from './class-tallies.ts'
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
  const found = reading.kinds && classes.findings(reading.kinds, statistics.duration_s)
  const first_row_at = reading.firstRowAt
  const byClass = { class_column: trace.columns?.class ?? null, classes: found ?? [] }
  return { ...head, first_row_at, ...statistics, ...byClass, command }
}
