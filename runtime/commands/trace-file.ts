import { type Command, InvalidArgumentError, Option } from 'commander'
import type { TraceArrivals } from '../../scenarios/index.ts'
import { nearest } from '../../scenarios/light.ts'
import { positiveNumber } from './command.ts'

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
  const columnKey = COLUMNS.find((candidate) => candidate === key)
  if (columnKey !== undefined && name !== '') return { ...previous, [columnKey]: name }
  const near = nearest(key, COLUMNS)
  const hint = near === null || near === key ? '' : ` Did you mean ${near}?`
  throw new InvalidArgumentError(`Expected ${COLUMNS.join(', ')}, then =NAME, got ${text}.${hint}`)
}
