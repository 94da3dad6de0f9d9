import { resolve } from 'node:path'
import type { Command } from 'commander'
import { traceText } from '../../reports/index.ts'
import { EXIT, Failure, guessTrace, readTrace, type TraceArrivals } from '../../scenarios/index.ts'
import { traceStatistics } from '../../sim/traffic/index.ts'
import { action, commandLine, positiveNumber, withJson } from './command.ts'
import { documentText, writeWhole } from './output.ts'
import { ProgressDisplay } from './progress.ts'

const FORMATS = ['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl'] as const
const UNITS = ['s', 'ms', 'us', 'ns', 'iso'] as const

interface InspectOptions {
  readonly format?: string
  readonly time?: string
  readonly input?: string
  readonly output?: string
  readonly unit?: string
  readonly jitter?: number
  readonly skipBad?: boolean
  readonly json?: boolean
  readonly out?: string
}

export function define(command: Command): void {
  withJson(command.command('inspect'))
    .copyInheritedSettings(command)
    .description('Rate, burstiness, lengths and padding efficiency of a trace')
    .argument('<file>', 'a trace; may be gzip')
    .option('--format <format>', `${FORMATS.join(', ')}; by default told from the first line`)
    .option('--time <column>', 'of csv and jsonl: column of the times')
    .option('--input <column>', 'of csv and jsonl: column of the input lengths')
    .option('--output <column>', 'of csv and jsonl: column of the output lengths')
    .option('--unit <unit>', `of csv and jsonl: unit of the times, ${UNITS.join(', ')}`)
    .option('--jitter <s>', 'spread times evenly over so many seconds', positiveNumber)
    .option('--skip-bad', 'count rows that cannot be read and leave them out')
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

async function arrivalsOf(file: string, options: InspectOptions): Promise<TraceArrivals> {
  const format = options.format ?? (await guessTrace(file))
  const known = FORMATS.find((name) => name === format)
  if (known === undefined) {
    const wanted = `one of ${FORMATS.join(', ')}`
    const text =
      format === null
        ? `${file}: its first line tells no format; name it: --format with ${wanted}`
        : `--format: expected ${wanted}, got ${format}`
    throw new Failure(text, EXIT.usage)
  }
  const mapped = known === 'csv' || known === 'jsonl'
  return {
    process: 'trace',
    file: resolve(file),
    format: known,
    ...(mapped && mapping(options)),
    ...(options.jitter !== undefined && { jitter_s: options.jitter }),
    bad_rows: options.skipBad === true ? 'skip' : 'error',
    length_scale: 1,
  }
}

function mapping(options: InspectOptions): Pick<TraceArrivals, 'columns' | 'time_unit'> {
  const { time, input, output } = options
  const unit = UNITS.find((name) => name === options.unit)
  if (time === undefined || unit === undefined) {
    const text = `--time and --unit (${UNITS.join(', ')}): expected both for csv and jsonl`
    throw new Failure(text, EXIT.usage)
  }
  return {
    columns: {
      time,
      ...(input !== undefined && { input_tokens: input }),
      ...(output !== undefined && { output_tokens: output }),
    },
    time_unit: unit,
  }
}
