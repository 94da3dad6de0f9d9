import { type Command, InvalidArgumentError } from 'commander'
import { traceFitHtml, traceFitText, traceHtml, traceText } from '../../reports/index.ts'
import { EXIT, Failure, nameProblem } from '../../scenarios/light.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { FIT_LIMITS, fitTrace } from '../jobs/fit-trace.ts'
import { inspectTrace } from '../jobs/inspect-trace.ts'
import {
  collect,
  commandLine,
  implement,
  outOption,
  positiveNumber,
  replicationsOption,
  wholeNumber,
  withJson,
} from './command.ts'
import { emit, VERDICT_EXIT } from './output.ts'
import { withProgress } from './progress.ts'
import { arrivalsOf, flagOf, type TraceOptions, withTraceOptions } from './trace-file.ts'

interface InspectOptions extends TraceOptions {
  readonly json?: boolean
  readonly out?: string
}

const INSPECT_HELP = `
Only whole windows count. Dispersion is variance over mean of the counts in windows: 1 for Poisson arrivals.
Padding efficiency: requested tokens over tokens with padding, if consecutive rows are a batch.

The file is read as a stream, so memory does not grow with it. Percentiles are exact up to 65,536 different values,
and within 0.8 % beyond. In a file of more than 65,536 rows a row may be at most 32,768 rows late. Of a Parquet file,
one row group at a time is in memory.

Examples:
  $ spillway trace inspect AzureLLMInferenceTrace_code.csv
  $ spillway trace inspect log.csv.gz --columns time=at --columns input_tokens=prompt --time-unit ms
  $ spillway trace inspect log.parquet --columns class=endpoint --out today`

/** A command on a trace that writes documents to --out. */
function traceCommand(command: Command, name: string, purpose: string, files: string): Command {
  return withTraceOptions(withJson(command.command(name)))
    .copyInheritedSettings(command)
    .description(purpose)
    .argument('<file>', 'a trace; text may be gzip')
    .addOption(outOption(`${files} with charts`))
}

export function define(command: Command): void {
  defineFit(command)
  const purpose = 'Report rate, burstiness, lengths and padding efficiency of a trace'
  const inspect = traceCommand(command, 'inspect', purpose, 'trace.json and trace.html')
  implement(inspect, INSPECT_HELP, async (signal, file: string, options: InspectOptions) => {
    const undo = await writableFolder(options.out)
    const document = await withProgress(async (onProgress) =>
      inspectTrace(await arrivalsOf(file, options), {
        ...{ file, key: flagOf, signal, command: commandLine(), onProgress },
      }),
    ).catch(undo)
    await emit(options, { trace: document }, 'trace', traceText(document), async (change) =>
      change.write('trace.html', await traceHtml(document)),
    )
    return EXIT.ok
  })
}

interface FitOptions extends InspectOptions {
  readonly load: number
  readonly replications: number
  readonly seed: number
  readonly class?: string
  readonly classValues?: readonly string[]
}

const FIT_HELP = `
Prints YAML: the traffic section, and above it, as comments, the figures of trace and fit.
Figures must be within ${100 * FIT_LIMITS.FIT_TOLERANCE} % (a correlation within ${FIT_LIMITS.CORRELATION_TOLERANCE}). Latencies of the trace must be within the range of 95 % of
the fit's replications, and this range within a factor of ${FIT_LIMITS.WIDEST_FACTOR}. Exit code 4 if a figure fails, 5 if it is undecided.

With --columns class=NAME the section has a class for each value of that column with at least 30 rows.

Examples:
  $ spillway trace fit AzureLLMInferenceTrace_code.csv > traffic.yaml
  $ spillway trace fit shop.csv --columns class=endpoint > traffic.yaml
  $ spillway trace fit shop.csv --columns class=endpoint --class-values /pay --class pay > pay.yaml`

function defineFit(command: Command): void {
  const purpose = 'Fit synthetic traffic to a trace and report the goodness of fit'
  const files = 'traffic.yaml, trace-fit.json and trace-fit.html'
  const fit = traceCommand(command, 'fit', purpose, files)
    .option('--class <name>', 'name of a single class; default: fitted', className)
    .option(
      '--class-values <value>',
      'fit rows with this value of the class column as one class; may be repeated; default: each value is a class',
      collect,
    )
    .option('--load <share>', 'load at which latencies are compared', positiveNumber, 0.7)
    .addOption(replicationsOption('test', FIT_LIMITS.LEAST_REPLICATIONS))
    .option('--seed <n>', 'seed of the replications', wholeNumber(0), 1)
  implement(fit, FIT_HELP, async (signal, file: string, options: FitOptions) => {
    const { load, replications, seed, class: name, out: folder } = options
    checkClasses(options)
    const class_values = options.classValues && [...options.classValues]
    if (load >= 1) throw new Failure(`--load: expected less than 1, got ${load}`, EXIT.usage)
    const undo = await writableFolder(folder)
    const { document, sides } = await withProgress(async (onProgress) =>
      fitTrace(
        { ...(await arrivalsOf(file, options)), ...(class_values && { class_values }) },
        {
          ...{ file, load, replications, seed, key: flagOf, ...(name && { class: name }) },
          ...{ signal, command: commandLine(), onProgress },
        },
      ),
    ).catch(undo)
    const text = traceFitText(document)
    const documents = { 'trace-fit': document }
    await emit(options, documents, 'trace-fit', text.trimEnd(), async (change) => {
      await change.write('trace-fit.html', await traceFitHtml(document, sides))
      await change.write('traffic.yaml', text)
    })
    return VERDICT_EXIT[document.verdict]
  })
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

/** An option's value as the name of a class. */
function className(text: string): string {
  const problem = nameProblem(text)
  if (problem === null) return text
  throw new InvalidArgumentError(`Expected ${problem}, got ${text}.`)
}
