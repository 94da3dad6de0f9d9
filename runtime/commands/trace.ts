import type { Command } from 'commander'
import { traceHtml, traceText } from '../../reports/index.ts'
import { EXIT, Failure, TraceReading } from '../../scenarios/index.ts'
import { TraceTally } from '../../sim/traffic/index.ts'
import { replaceFiles } from '../folders/replace-files.ts'
import { writableFolder } from '../folders/write-whole.ts'
import { expectTrace } from '../parquet/expect-decodable.ts'
import { pause } from '../process/pause.ts'
import { action, commandLine, folder, withJson } from './command.ts'
import { documentText, print } from './output.ts'
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
        const read = await readThrough(file, options, signal).catch(undo)
        const document = {
          document: 'spillway-trace',
          format: 1,
          file,
          ...read,
          command: commandLine(),
        } as const
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

/** Statistics of all rows of a trace. */
async function readThrough(file: string, options: TraceOptions, signal: AbortSignal) {
  const progress = new ProgressDisplay()
  const arrivals = await arrivalsOf(file, options)
  await expectTrace(arrivals, '.', signal)
  const reading = new TraceReading(arrivals, '.', {
    onProgress: (read) => progress.update(`reading ${file}`, read.bytes, read.totalBytes),
  })
  const tally = new TraceTally()
  for await (const run of reading.runs()) {
    tally.add(run)
    await pause(signal)
  }
  progress.stop()
  const statistics = tally.statistics()
  if (statistics.duration_s === 0) {
    throw new Failure(`${file}: expected rows at different times, got one instant`)
  }
  return { bad_rows: reading.bad, ...statistics }
}
