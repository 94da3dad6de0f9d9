import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import {
  Failure,
  guessTrace,
  NotGuessed,
  nearest,
  type TraceArrivals,
} from '../../scenarios/index.ts'
import { note, positiveNumber } from './command.ts'

const FORMATS = ['azure-llm', 'mooncake', 'burstgpt', 'csv', 'jsonl', 'parquet'] as const
const UNITS = ['s', 'ms', 'us', 'ns', 'iso'] as const
const COLUMNS = ['time', 'input_tokens', 'output_tokens', 'class'] as const

/** Options for reading a trace, named as the keys of a scenario. */
export interface TraceOptions {
  readonly format?: (typeof FORMATS)[number]
  readonly columns?: NonNullable<TraceArrivals['columns']>
  readonly timeUnit?: (typeof UNITS)[number]
  readonly jitterS?: number
  readonly badRows: TraceArrivals['bad_rows']
}

export function withTraceOptions(command: Command): Command {
  const text = `column of ${COLUMNS.join(', ')}; may be repeated; default: guessed, but class`
  return command
    .addOption(new Option('--format <format>', 'default: guessed').choices(FORMATS))
    .option('--columns <key=name>', text, column)
    .addOption(new Option('--time-unit <unit>', 'default: guessed').choices(UNITS))
    .option('--jitter-s <s>', 'spread equal times evenly over this many seconds', positiveNumber)
    .addOption(
      new Option('--bad-rows <what>', 'skip: count unreadable rows and leave them out')
        .choices(['error', 'skip'])
        .default('error'),
    )
}

/** Adds `key=name` to the columns of the options before it. */
function column(text: string, previous: TraceOptions['columns'] = {}): TraceOptions['columns'] {
  const equals = text.indexOf('=')
  const [key, name] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)]
  const known = COLUMNS.find((candidate) => candidate === key)
  if (known !== undefined && name !== '') return { ...previous, [known]: name }
  const near = nearest(key, COLUMNS)
  const hint = near === null || near === key ? '' : ` Did you mean ${near}?`
  throw new InvalidArgumentError(`Expected ${COLUMNS.join(', ')}, then =NAME, got ${text}.${hint}`)
}

/** A trace as in the traffic of a scenario; what is guessed is printed on stderr. */
export async function arrivalsOf(
  file: string,
  { format, columns, timeUnit, jitterS, badRows }: TraceOptions,
): Promise<TraceArrivals> {
  const stated = { format, columns, time_unit: timeUnit }
  const { rows, said } = await guessTrace(file, stated, {
    key: flagOf,
    lengths: ['input_tokens', 'output_tokens'],
  }).catch((error: unknown) => {
    if (!(error instanceof NotGuessed)) throw error
    throw new Failure(
      error.problems.map((text) => `${file}: ${text}`),
      error.exitCode,
    )
  })
  if (said !== null) note(`${file}: ${said}`)
  return {
    process: 'trace',
    file: resolve(file),
    ...rows,
    ...(jitterS !== undefined && { jitter_s: jitterS }),
    bad_rows: badRows,
    length_scale: 1,
  }
}

/** The option for a key of a trace: --columns time=NAME for columns.time. */
export function flagOf(key: string): string {
  const [map, name] = key.split('.')
  return name === undefined ? `--${map!.replaceAll('_', '-')}` : `--${map} ${name}=NAME`
}
