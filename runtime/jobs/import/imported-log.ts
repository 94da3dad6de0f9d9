import { Failure, type LogFile, type RequestLog } from '../../../scenarios/index.ts'
import type { Evidence } from '../../../sim/documents/index.ts'
import {
  arrivalsOf,
  type Coverage,
  type ImportedScenario,
  importedScenario,
  recordedTimes,
  spanMs,
  TRACE_FILE,
  type TraceColumn,
  WHOLE,
} from '../../../sim/experiment/index.ts'
import { build } from '../../version.ts'

export interface Imported {
  readonly evidence: Evidence
  readonly scenario: object
  /** the trace that the scenario names, in lines; null where it names none */
  readonly trace: { readonly file: string; readonly lines: Iterable<string> } | null
}

/** A log of requests, and where it is from. */
interface LogOrigin {
  readonly files: readonly LogFile[]
  readonly log: RequestLog
  /** as the evidence names it */
  readonly format: string
  readonly latencyFrom: 'sent' | 'received'
  /** its times are cut to whole multiples of this, ms; 0 where they are not */
  readonly timeStepMs: number
  /** how many of the requests it has; default: all */
  readonly coverage?: Coverage
  /** what limits its use */
  readonly notes?: readonly string[]
  readonly command: string
}

/** The scenario of a log of requests, and the evidence for each of its values. */
export function importedLog(origin: LogOrigin): Imported {
  const { files, log, format, latencyFrom, timeStepMs, command } = origin
  const { coverage = WHOLE, notes = [] } = origin
  if (!(spanMs(log) > 0)) {
    throw new Failure(`${files[0]!.path}: expected requests at different times, got one instant`)
  }
  const answered = log.ok.reduce((sum, ok) => sum + ok, 0)
  if (answered === 0) {
    throw new Failure(`${files[0]!.path}: expected answered requests, got ${log.count} that failed`)
  }
  const name = files.map(({ path }) => path).join(', ')
  const imported = importedScenario(log, { name, timeStepMs, coverage })
  const evidence: Evidence = {
    document: 'spillway-evidence',
    format: 1,
    ...build(),
    source_format: format,
    files: files.map((file) => ({ ...file })),
    first_at: log.originMs === null ? null : new Date(log.originMs).toISOString(),
    duration_s: spanMs(log) / 1000,
    requests: {
      ...{ arrived: log.count, answered, failed: log.count - answered },
      most_in_flight: coverage.isPart ? null : imported.flight.most,
    },
    latencies: recordedTimes(log, latencyFrom),
    values: [...imported.values],
    warnings: [...notes, ...failedText(log.count - answered, log.count), ...imported.warnings],
    command,
  }
  const { trace: columns } = imported
  const trace = columns && { file: TRACE_FILE, lines: traceLines(log, columns) }
  return { evidence, scenario: imported.scenario, trace }
}

const failedText = (failed: number, of: number): string[] =>
  failed === 0
    ? []
    : [`${failed} of ${of} requests failed: they are in the traffic, and not in the times`]

/** Lines of a CSV file, the header first. */
function* traceLines(log: RequestLog, columns: NonNullable<ImportedScenario['trace']>) {
  const arrivals = arrivalsOf(log)
  const of: Record<TraceColumn, (i: number) => number> = {
    at_ms: (i) => Number(arrivals[i]!.toFixed(3)),
    input_tokens: filled(log.columns.inputTokens),
    output_tokens: filled(log.columns.outputTokens),
  }
  yield `${columns.join(',')}\n`
  for (let i = 0; i < log.count; i++) yield `${columns.map((name) => of[name](i)).join(',')}\n`
}

/** A length that is not recorded is the median of the others. */
function filled(tokens: Float64Array): (i: number) => number {
  const known = tokens.filter((count) => count > 0).sort()
  const median = known[Math.floor((known.length - 1) / 2)] ?? 1
  return (i) => (tokens[i]! > 0 ? tokens[i]! : median)
}
