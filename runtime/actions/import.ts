import { importedYaml } from '../../reports/index.ts'
import type { ServerKind } from '../../scenarios/evidence/prometheus/index.ts'
import {
  type ExitCode,
  Failure,
  nginxReader,
  RECORD_FORMATS,
  type RecordFormat,
  type StatedTable,
} from '../../scenarios/index.ts'
import { EXIT } from '../../scenarios/light.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { evidenceKind } from '../documents/evidence.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { importPrometheus } from '../jobs/import/import-prometheus.ts'
import { importRequests } from '../jobs/import/import-requests.ts'
import { importStatistics } from '../jobs/import/import-statistics.ts'
import { importTraces } from '../jobs/import/import-traces.ts'
import type { Imported } from '../jobs/import/imported-log.ts'
import type { Progress } from '../jobs/options.ts'
import { emit } from './output.ts'
import { flagOf } from './trace-file.ts'

interface Written {
  readonly json?: boolean
  readonly out?: string
}

export interface ImportRequestsOptions extends Written {
  readonly format?: string
  readonly logFormat?: string
  readonly columns?: StatedTable['columns']
  readonly timeUnit?: StatedTable['timeUnit']
  readonly durationUnit?: StatedTable['durationUnit']
  readonly badRows: 'error' | 'skip'
}

function formatOf({ format, logFormat }: ImportRequestsOptions): RecordFormat | undefined {
  if (logFormat !== undefined) {
    if (format === undefined || format === 'nginx') return nginxReader(logFormat)
    const text = `is of nginx only, and --format is ${format}; remove one of them`
    throw new Failure(`--log-format: ${text}`, EXIT.usage)
  }
  return RECORD_FORMATS.find(({ name }) => name === format)
}

export async function requests(
  signal: AbortSignal,
  files: readonly string[],
  options: ImportRequestsOptions,
): Promise<ExitCode> {
  const { badRows } = options
  const [format, table] = [formatOf(options), tableOf(options)]
  if (table !== undefined && format !== undefined) {
    const text = `are of other files than ${format.name}; remove one of the options`
    throw new Failure(`--columns, --time-unit and --duration-unit: ${text}`, EXIT.usage)
  }
  return imported(options, (onProgress) =>
    importRequests(files, {
      ...{ format, table, key: flagOf, badRows },
      ...{ signal, onProgress, command: commandLine() },
    }),
  )
}

function tableOf(options: ImportRequestsOptions): StatedTable | undefined {
  const { columns, timeUnit, durationUnit } = options
  const isStated = [columns, timeUnit, durationUnit].some((each) => each !== undefined)
  return isStated ? { columns: columns ?? {}, timeUnit, durationUnit } : undefined
}

export interface ImportStatisticsOptions extends Written {
  readonly model?: string
  readonly seconds?: number
}

export async function statistics(
  _: AbortSignal,
  files: readonly string[],
  options: ImportStatisticsOptions,
): Promise<ExitCode> {
  const { model, seconds } = options
  if (files.length > 2) {
    const text = `expected one reading, or two of the same server, got ${files.length} files`
    throw new Failure(text, EXIT.usage)
  }
  return imported(options, () =>
    importStatistics(files, { model, seconds, command: commandLine() }),
  )
}

export interface ImportTracesOptions extends Written {
  readonly service?: string
  readonly sampled?: number
  readonly badRows: 'error' | 'skip'
}

export async function traces(
  signal: AbortSignal,
  files: readonly string[],
  options: ImportTracesOptions,
): Promise<ExitCode> {
  const { service, sampled: share, badRows } = options
  return imported(options, (onProgress) =>
    importTraces(files, { service, share, badRows, signal, onProgress, command: commandLine() }),
  )
}

export interface ImportPrometheusOptions extends Written {
  readonly server: ServerKind
  readonly from?: string
  readonly to?: string
  readonly step?: number
  readonly label?: ReadonlyMap<string, string>
  readonly metric?: ReadonlyMap<string, string>
  readonly allowHost?: readonly string[]
  readonly tokenEnv?: string
}

export async function prometheus(
  signal: AbortSignal,
  source: string,
  options: ImportPrometheusOptions,
): Promise<ExitCode> {
  const { server, from, to, step, label, metric, allowHost, tokenEnv } = options
  return imported(options, (onProgress) =>
    importPrometheus(source, {
      ...{ server, from, to, step_s: step, tokenVariable: tokenEnv },
      ...(label && { labels: label }),
      ...(metric && { metrics: metric }),
      ...(allowHost && { allowedHosts: allowHost }),
      ...{ signal, onProgress, command: commandLine() },
    }),
  )
}

/** Writes what an import has found, and prints it. */
async function imported(
  options: Written,
  job: (onProgress: Progress) => Promise<Imported>,
): Promise<ExitCode> {
  const undo = await writableFolder(options.out)
  const { evidence, scenario, trace } = await withProgress(job).catch(undo)
  return emit(options, evidenceKind, evidence, {
    stage: async (change) => {
      await change.write('scenario.yaml', importedYaml(scenario, evidence))
      if (trace !== null) await change.write(trace.file, [...trace.lines].join(''))
    },
  })
}
