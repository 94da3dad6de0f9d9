import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT, Failure, guessTrace, type TraceArrivals } from '../../scenarios/index.ts'
import { positiveNumber } from './command.ts'

const FORMATS = ['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet'] as const
const UNITS = ['s', 'ms', 'us', 'ns', 'iso'] as const

/** How a trace is to be read. */
export interface TraceOptions {
  readonly format?: string
  readonly time?: string
  readonly input?: string
  readonly output?: string
  readonly unit?: string
  readonly jitter?: number
  readonly skipBad?: boolean
}

export function withTraceOptions(command: Command): Command {
  return command
    .option('--format <format>', `${FORMATS.join(', ')}; by default told from the first line`)
    .option('--time <column>', 'of csv, jsonl and parquet: column of the times')
    .option('--input <column>', 'of csv, jsonl and parquet: column of the input lengths')
    .option('--output <column>', 'of csv, jsonl and parquet: column of the output lengths')
    .option('--unit <unit>', `of csv, jsonl and parquet: unit of the times, ${UNITS.join(', ')}`)
    .option('--jitter <s>', 'spread times evenly over so many seconds', positiveNumber)
    .option('--skip-bad', 'count rows that cannot be read and leave them out')
}

/** A trace as a scenario would name it. */
export async function arrivalsOf(file: string, options: TraceOptions): Promise<TraceArrivals> {
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
  const mapped = ['csv', 'jsonl', 'parquet'].includes(known)
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

function mapping(options: TraceOptions): Pick<TraceArrivals, 'columns' | 'time_unit'> {
  const { time, input, output } = options
  const unit = UNITS.find((name) => name === options.unit)
  if (time === undefined || unit === undefined) {
    const text = `--time and --unit (${UNITS.join(', ')}): expected both for csv, jsonl and parquet`
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
