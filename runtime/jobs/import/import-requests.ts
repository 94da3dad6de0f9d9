import {
  Failure,
  type RecordFormat,
  type RequestLog,
  readRequests,
} from '../../../scenarios/index.ts'
import type { Evidence } from '../../../sim/documents/index.ts'
import {
  arrivalsOf,
  type ImportedScenario,
  importedScenario,
  recordedTimes,
  spanMs,
  TRACE_FILE,
  type TraceColumn,
} from '../../../sim/experiment/index.ts'
import { throwIfAborted } from '../../process/interruption.ts'
import { build } from '../../version.ts'
import { type DocumentOptions, LIBRARY_CALL } from '../options.ts'

export interface ImportRequestsOptions extends DocumentOptions {
  /** default: the one that the files look like */
  readonly format?: RecordFormat | undefined
  /** what an unreadable record leads to; default: an error */
  readonly badRows?: 'error' | 'skip'
}

export interface Imported {
  readonly evidence: Evidence
  readonly scenario: object
  /** the trace that the scenario names, in lines; null where it names none */
  readonly trace: { readonly file: string; readonly lines: Iterable<string> } | null
}

/**
 * What files of requests show of a server and its traffic, as a scenario and the evidence for each
 * of its values. Throws `Failure` where the files are none that are known.
 */
export async function importRequests(
  paths: readonly string[],
  options: ImportRequestsOptions = {},
): Promise<Imported> {
  const { format, badRows = 'error', signal, onProgress, command = LIBRARY_CALL } = options
  const read = await readRequests(paths, {
    format,
    badRows,
    onProgress: (file, bytes, total) => {
      onProgress?.(`reading ${file}`, bytes, total)
      throwIfAborted(signal)
    },
  })
  if (read === null) {
    const text = 'expected the file of a load generator or an access log, got another format'
    throw new Failure(
      `${paths[0]}: ${text}; state it with --format, or \`spillway trace fit\` takes any CSV`,
    )
  }
  const { log, files } = read
  if (!(spanMs(log) > 0)) {
    throw new Failure(`${paths[0]}: expected requests at different times, got one instant`)
  }
  const answered = log.ok.reduce((sum, ok) => sum + ok, 0)
  if (answered === 0) {
    throw new Failure(`${paths[0]}: expected answered requests, got ${log.count} that failed`)
  }
  const imported = importedScenario(log, {
    name: files.map(({ path }) => path).join(', '),
    timeStepMs: read.format.timeStepMs ?? 0,
  })
  const { latencyFrom } = read.format
  const evidence: Evidence = {
    document: 'spillway-evidence',
    format: 1,
    ...build(),
    source_format: read.format.name,
    files: files.map((file) => ({ ...file })),
    first_at: log.originMs === null ? null : new Date(log.originMs).toISOString(),
    duration_s: spanMs(log) / 1000,
    requests: {
      ...{ arrived: log.count, answered, failed: log.count - answered },
      most_in_flight: imported.flight.most,
    },
    latencies: recordedTimes(log, latencyFrom === 'received' ? 'received' : 'sent'),
    values: [...imported.values],
    warnings: [...failedText(log.count - answered, log.count), ...imported.warnings],
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
