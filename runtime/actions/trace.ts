import { traceFitHtml, traceFitText } from '../../reports/index.ts'
import type { ExitCode } from '../../scenarios/index.ts'
import { EXIT, Failure } from '../../scenarios/light.ts'
import { commandLine } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import type { TraceOptions } from '../commands/trace-file.ts'
import { traceKind } from '../documents/trace.ts'
import { traceFitKind } from '../documents/trace-fit.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { fitTrace } from '../jobs/fit-trace.ts'
import { inspectTrace } from '../jobs/inspect-trace.ts'
import { emit } from './output.ts'
import { arrivalsOf, flagOf } from './trace-file.ts'

interface InspectOptions extends TraceOptions {
  readonly json?: boolean
  readonly out?: string
}

interface FitOptions extends InspectOptions {
  readonly load: number
  readonly replications: number
  readonly seed: number
  readonly class?: string
  readonly classValues?: readonly string[]
}

/** Values need their column, and a name a single class. */
function checkClasses({ columns, classValues, class: name }: FitOptions): void {
  const byColumn = columns?.class !== undefined
  if (classValues !== undefined && !byColumn) {
    const text = '--class-values: set --columns class=NAME, the column of these values'
    throw new Failure(text, EXIT.usage)
  }
  if (name !== undefined && byColumn && classValues === undefined) {
    const text = '--class: classes have the names of their values; remove --class'
    throw new Failure(`${text}, or name values to fit as one with --class-values`, EXIT.usage)
  }
}

export async function describeTrace(
  signal: AbortSignal,
  file: string,
  options: InspectOptions,
): Promise<ExitCode> {
  const undo = await writableFolder(options.out)
  const document = await withProgress(async (onProgress) =>
    inspectTrace(await arrivalsOf(file, options), {
      file,
      key: flagOf,
      signal,
      command: commandLine(),
      onProgress,
    }),
  ).catch(undo)
  return emit(options, traceKind, document)
}

export async function fitTraffic(
  signal: AbortSignal,
  file: string,
  options: FitOptions,
): Promise<ExitCode> {
  const { load, replications, seed, class: name, out: folder } = options
  checkClasses(options)
  const class_values = options.classValues && [...options.classValues]
  if (load >= 1) throw new Failure(`--load: expected less than 1, got ${load}`, EXIT.usage)
  const undo = await writableFolder(folder)
  const { document, sides } = await withProgress(async (onProgress) =>
    fitTrace(
      { ...(await arrivalsOf(file, options)), ...(class_values && { class_values }) },
      {
        file,
        load,
        replications,
        seed,
        key: flagOf,
        ...(name && { class: name }),
        signal,
        command: commandLine(),
        onProgress,
      },
    ),
  ).catch(undo)
  return emit(options, traceFitKind, document, {
    stage: async (change) => {
      await change.write('trace-fit.html', await traceFitHtml(document, sides))
      await change.write('traffic.yaml', traceFitText(document))
    },
  })
}
