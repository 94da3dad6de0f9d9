import type { Command } from 'commander'
import { traceText } from '../../reports/index.ts'
import { EXIT, Failure, readTrace } from '../../scenarios/index.ts'
import { traceStatistics } from '../../sim/traffic/index.ts'
import { action, commandLine, withJson } from './command.ts'
import { documentText, writeWhole } from './output.ts'
import { ProgressDisplay } from './progress.ts'
import { arrivalsOf, type TraceOptions, withTraceOptions } from './trace-file.ts'
import { defineFit } from './trace-fit.ts'

interface InspectOptions extends TraceOptions {
  readonly json?: boolean
  readonly out?: string
}

export function define(command: Command): void {
  defineFit(command)
  withTraceOptions(withJson(command.command('inspect')))
    .copyInheritedSettings(command)
    .description('Rate, burstiness, lengths and padding efficiency of a trace')
    .argument('<file>', 'a trace; may be gzip')
    .option('--out <dir>', 'write the document to this directory')
    .addHelpText(
      'after',
      `
A window counts only where it is whole. Dispersion is variance over mean of the counts in windows: 1 for
Poisson arrivals. Useful: share of a padded batch that is of use, rows batched one after another.

Examples:
  $ spillway trace inspect AzureLLMInferenceTrace_code.csv
  $ spillway trace inspect log.csv.gz --format csv --time at --unit ms --input prompt_tokens`,
    )
    .action(
      action(async (_signal, file: string, options: InspectOptions) => {
        const progress = new ProgressDisplay()
        const rows = await readTrace(await arrivalsOf(file, options), '.', (read) =>
          progress.update(`reading ${file}`, read.bytes, read.totalBytes),
        )
        progress.stop()
        const { times, lengths, outputs, bad } = rows
        if (times.at(-1) === times[0]) {
          throw new Failure(`${file}: expected rows at different times, got one instant`)
        }
        const document = {
          document: 'spillway-trace',
          format: 1,
          file,
          bad_rows: bad,
          ...traceStatistics({ times, lengths, outputs }),
          command: commandLine(),
        } as const
        if (options.out !== undefined) {
          await writeWhole(`${options.out}/trace.json`, documentText(document))
        }
        process.stdout.write(
          options.json === true ? `${JSON.stringify(document)}\n` : `${traceText(document)}\n`,
        )
        return EXIT.ok
      }),
    )
}
