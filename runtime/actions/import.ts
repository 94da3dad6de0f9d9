import { importedYaml } from '../../reports/index.ts'
import {
  type ExitCode,
  Failure,
  nginxReader,
  RECORD_FORMATS,
  type RecordFormat,
} from '../../scenarios/index.ts'
import { EXIT } from '../../scenarios/light.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { evidenceKind } from '../documents/evidence.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { importRequests } from '../jobs/import/import-requests.ts'
import { emit } from './output.ts'

export interface ImportRequestsOptions {
  readonly format?: string
  readonly logFormat?: string
  readonly badRows: 'error' | 'skip'
  readonly json?: boolean
  readonly out?: string
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
  const format = formatOf(options)
  const undo = await writableFolder(options.out)
  const { evidence, scenario, trace } = await withProgress((onProgress) =>
    importRequests(files, {
      format,
      badRows: options.badRows,
      signal,
      onProgress,
      command: commandLine(),
    }),
  ).catch(undo)
  return emit(options, evidenceKind, evidence, {
    stage: async (change) => {
      await change.write('scenario.yaml', importedYaml(scenario, evidence))
      if (trace !== null) await change.write(trace.file, [...trace.lines].join(''))
    },
  })
}
