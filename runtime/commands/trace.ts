import { type Command, InvalidArgumentError } from 'commander'
import { nameProblem } from '../../scenarios/light.ts'
import { TRACE_FIT_LIMITS } from '../jobs/fit-limits.ts'
import {
  collect,
  givenFile,
  implement,
  outOption,
  positiveNumber,
  replicationsOption,
  wholeNumber,
  withJson,
} from './command.ts'
import { withTraceOptions } from './trace-file.ts'

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
    .argument('<file>', 'a trace; text may be gzip', givenFile)
    .addOption(outOption(`${files} with charts`))
}

export function define(command: Command): void {
  defineFit(command)
  const purpose = 'Report rate, burstiness, lengths and padding efficiency of a trace'
  const inspect = traceCommand(command, 'inspect', purpose, 'trace.json and trace.html')
  implement(inspect, INSPECT_HELP, async () => (await import('../actions/trace.ts')).describeTrace)
}

const FIT_HELP = `
Prints YAML: the traffic section, and above it, as comments, the figures of trace and fit.
Figures must be within ${100 * TRACE_FIT_LIMITS.FIT_TOLERANCE} % (a correlation within ${TRACE_FIT_LIMITS.CORRELATION_TOLERANCE}). Latencies of the trace must be within the range of 95 % of
the fit's replications, and this range within a factor of ${TRACE_FIT_LIMITS.WIDEST_FACTOR}. Exit code 4 if a figure fails, 5 if it is undecided.

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
    .addOption(replicationsOption('test', TRACE_FIT_LIMITS.LEAST_REPLICATIONS))
    .option('--seed <n>', 'seed of the replications', wholeNumber(0), 1)
  implement(fit, FIT_HELP, async () => (await import('../actions/trace.ts')).fitTraffic)
}

/** An option's value as the name of a class. */
function className(text: string): string {
  const problem = nameProblem(text)
  if (problem === null) return text
  throw new InvalidArgumentError(`Expected ${problem}, got ${text}.`)
}
