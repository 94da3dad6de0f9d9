import { type Command, InvalidArgumentError } from 'commander'
import { traceFitHtml, traceFitText, traceHtml, traceText } from '../../reports/index.ts'
import { EXIT, type ExitCode, Failure, scenarioSchema } from '../../scenarios/index.ts'
import {
  CORRELATION_TOLERANCE,
  FIT_TOLERANCE,
  LEAST_REPLICATIONS,
  WIDEST_FACTOR,
} from '../../sim/experiment/index.ts'
import { documentText } from '../folders/document-text.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { fitTrace } from '../jobs/fit-trace.ts'
import { inspectTrace } from '../jobs/inspect-trace.ts'
import { out } from '../terminal.ts'
import {
  action,
  commandLine,
  folder,
  positiveNumber,
  replicationsOption,
  wholeNumber,
  withJson,
} from './command.ts'
import { print } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { arrivalsOf, type TraceOptions, withTraceOptions } from './trace-file.ts'

interface InspectOptions extends TraceOptions {
  readonly json?: boolean
  readonly out?: string
}

export function define(command: Command): void {
  defineFit(command)
  withTraceOptions(withJson(command.command('inspect')))
    .copyInheritedSettings(command)
    .description('Rate, burstiness, lengths and padding efficiency of a trace')
    .argument('<file>', 'a trace; text may be gzip')
    .option(
      '--out <dir>',
      'write trace.json and trace.html, with charts, to this directory',
      folder,
    )
    .addHelpText(
      'after',
      `
A window counts only where it is whole. Dispersion is variance over mean of the counts in windows: 1 for
Poisson arrivals. Useful: share of a padded batch that is of use, rows batched one after another.

The file streams by: memory does not grow with it. Percentiles are exact up to 65,536 different values and
within 0.8 % beyond. In a file of more than 65,536 rows a row may come up to 32,768 rows late, no more. Of
Parquet, whose rows come in groups, a group is held.

Examples:
  $ spillway trace inspect AzureLLMInferenceTrace_code.csv
  $ spillway trace inspect log.csv.gz --format csv --time at --unit ms --input prompt_tokens
  $ spillway trace inspect log.parquet --time at --unit iso --input prompt_tokens --out today`,
    )
    .action(
      action(async (signal, file: string, options: InspectOptions) => {
        const undo = await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const inspect = async () =>
          inspectTrace(await arrivalsOf(file, options), {
            ...{ file, signal },
            command: commandLine(),
            onProgress: progress.update,
          })
        const document = await inspect().catch(undo)
        progress.stop()
        if (options.out !== undefined) {
          await replaceFiles(options.out, async (change) => {
            await change.write('trace.json', documentText(document))
            await change.write('trace.html', await traceHtml(document))
          })
        }
        print(options, document, traceText(document))
        return EXIT.ok
      }),
    )
}

interface FitOptions extends TraceOptions {
  readonly load: number
  readonly replications: number
  readonly seed: number
  readonly class: string
  readonly json?: boolean
  readonly out?: string
}

function defineFit(command: Command): void {
  withTraceOptions(withJson(command.command('fit')))
    .copyInheritedSettings(command)
    .description('Fit synthetic traffic to a trace and report the goodness of fit')
    .argument('<file>', 'a trace; text may be gzip')
    .option('--class <name>', 'of the traffic section', className, 'fitted')
    .option('--load <share>', 'at which tails are compared', positiveNumber, 0.7)
    .addOption(replicationsOption('of the fit, to hold the trace against', LEAST_REPLICATIONS, 99))
    .option('--seed <n>', 'of the replications', wholeNumber(0), 1)
    .option(
      '--out <dir>',
      'write traffic.yaml, trace-fit.json and trace-fit.html, with charts, to this directory',
      folder,
    )
    .addHelpText(
      'after',
      `
Prints YAML: the section, and above it as comments the figures of trace and fit side by side.
Figures must be within ${100 * FIT_TOLERANCE} % (a correlation within ${CORRELATION_TOLERANCE}), latencies of the trace within the range of 95 % of
the fit's replications, and that within a factor of ${WIDEST_FACTOR}. Exit code 4 where one is not, 5 where that is undecided.

Examples:
  $ spillway trace fit AzureLLMInferenceTrace_code.csv > traffic.yaml`,
    )
    .action(
      action(async (signal, file: string, options: FitOptions) => {
        if (options.load >= 1) {
          throw new Failure(`--load: expected less than 1, got ${options.load}`, EXIT.usage)
        }
        const undo = await writableFolder(options.out)
        const progress = new ProgressDisplay()
        const { load, replications, seed, class: name } = options
        const fitted = async () =>
          fitTrace(await arrivalsOf(file, options), {
            ...{ file, load, replications, seed, class: name, signal },
            command: commandLine(),
            onProgress: progress.update,
          })
        const { document, sides } = await fitted().catch(undo)
        progress.stop()
        if (options.out !== undefined) {
          await replaceFiles(options.out, async (change) => {
            await change.write('trace-fit.json', documentText(document))
            await change.write('trace-fit.html', await traceFitHtml(document, sides))
            await change.write('traffic.yaml', traceFitText(document))
          })
        }
        if (options.json === true) out(documentText(document))
        else out(traceFitText(document))
        return exitOf(document.verdict)
      }),
    )
}

/** An option's value as the name of a class. */
function className(text: string): string {
  const { success, error } = scenarioSchema.shape.traffic.element.shape.class.safeParse(text)
  if (success) return text
  throw new InvalidArgumentError(`Expected ${error.issues[0]!.message}, got ${text}.`)
}

function exitOf(verdict: string): ExitCode {
  if (verdict === 'FAIL') return EXIT.failed
  return verdict === 'UNDECIDED' ? EXIT.undecided : EXIT.ok
}
