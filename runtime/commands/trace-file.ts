import { resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT, Failure, guessTrace, nearest, type TraceArrivals } from '../../scenarios/index.ts'
import { positiveNumber } from './command.ts'

const FORMATS = ['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet'] as const
const UNITS = ['s', 'ms', 'us', 'ns', 'iso'] as const

/** Options for reading a trace. */
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
    .option('--format <format>', `${FORMATS.join(', ')}; default: recognised from the first line`)
    .option('--time <column>', 'column of the times, in csv, jsonl and parquet')
    .option('--input <column>', 'column of the input lengths, in csv, jsonl and parquet')
    .option('--output <column>', 'column of the output lengths, in csv, jsonl and parquet')
    .option('--unit <unit>', `unit of the times, in csv, jsonl and parquet: ${UNITS.join(', ')}`)
    .option('--jitter <s>', 'spread equal times evenly over this many seconds', positiveNumber)
    .option('--skip-bad', 'count unreadable rows and leave them out')
}

/** A trace as in the traffic of a scenario. */
export async function arrivalsOf(file: string, options: TraceOptions): Promise<TraceArrivals> {
  const { format: guessed, names } = await guessTrace(file)
  const format = options.format ?? guessed
  const known = FORMATS.find((name) => name === format)
  if (known === undefined) {
    const wanted = `one of ${FORMATS.join(', ')}`
    const text =
      format === null
        ? `${file}: its format is not recognised from the first line; set --format to ${wanted}`
        : `--format: expected ${wanted}, got ${format}`
    throw new Failure(text, EXIT.usage)
  }
  const mapped = ['csv', 'jsonl', 'parquet'].includes(known)
  const given = (['time', 'unit', 'input', 'output'] as const).filter((key) => options[key])
  if (!mapped && given.length > 0) {
    const reason = `${known} has fixed columns`
    throw new Failure(
      given.map((key) => `--${key}: remove it: ${reason}`),
      EXIT.usage,
    )
  }
  return {
    process: 'trace',
    file: resolve(file),
    format: known,
    ...(mapped && mapping({ ...requestsIn(names), ...options }, names)),
    ...(options.jitter !== undefined && { jitter_s: options.jitter }),
    bad_rows: options.skipBad === true ? 'skip' : 'error',
    length_scale: 1,
  }
}

/** Options for a file of `spillway requests` or of a run. */
function requestsIn(names: readonly string[]): TraceOptions {
  if (!['at_ms', 'class', 'input_tokens'].every((name) => names.includes(name))) return {}
  const output = names.includes('output_tokens') ? { output: 'output_tokens' } : {}
  return { time: 'at_ms', unit: 'ms', input: 'input_tokens', ...output }
}

/** `names`: columns by the first line of the trace. */
function mapping(
  options: TraceOptions,
  names: readonly string[],
): Pick<TraceArrivals, 'columns' | 'time_unit'> {
  const { time, input, output } = options
  const unit = UNITS.find((name) => name === options.unit)
  if (time !== undefined && unit !== undefined) {
    const input_tokens = input !== undefined && { input_tokens: input }
    const output_tokens = output !== undefined && { output_tokens: output }
    return { columns: { time, ...input_tokens, ...output_tokens }, time_unit: unit }
  }
  const problems: string[] = []
  if (time === undefined) {
    const known = names.length === 0 ? '' : `; the trace has ${names.join(', ')}`
    problems.push(`--time: expected the column of the times, got nothing${known}`)
  }
  if (unit === undefined) {
    problems.push(`--unit: expected one of ${UNITS.join(', ')}, got ${options.unit ?? 'nothing'}`)
  }
  for (const [option, name] of Object.entries({ time, input, output })) {
    if (name === undefined || names.length === 0 || names.includes(name)) continue
    const near = nearest(name, names)
    const hint = near === null ? '' : `; did you mean ${near}?`
    problems.push(`--${option}: expected one of ${names.join(', ')}, got ${name}${hint}`)
  }
  throw new Failure(problems, EXIT.usage)
}
