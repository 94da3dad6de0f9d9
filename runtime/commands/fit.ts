import { type Command, InvalidArgumentError } from 'commander'
import type { MeasurementColumns } from '../../scenarios/index.ts'
import { measuredKeys, nearest } from '../../scenarios/light.ts'
import type { FitOptions } from '../actions/fit.ts'
import { FIT_LIMITS } from '../jobs/fit-limits.ts'
import { givenFile, implement, outOption, override, scenarioFile, withJson } from './command.ts'

const share = (part: number) => `${100 * part} %`
const { usable } = FIT_LIMITS.bars

const HELP = `
The scenario states the dimensions of the model (law transformer-encoder or transformer-decoder), the accelerator, the
precision and tensor_parallel. The fit finds its \`efficiency\`: compute, memory, launch_us, and saturation_tokens or
sharpness where they predict better. Columns: batch and length; of a decoder, sequences that decode (batch), the context
of each (length) and tokens of prompts (prefill_tokens). The time is in ms, or follows from requests/s or tokens/s.
A benchmark of a decoding server has the requests in flight (concurrency), the mean tokens of prompts (input_tokens) and
answers (output_tokens), and tokens/s of answers or requests/s: each row is then the mean step of its engine.

Each batch and length is left out in turn and predicted from the others; these are the errors. A fit is called usable
up to a median of ${share(usable.median)} and a worst one of ${share(usable.worst)}. Exit code 0 also for a poor fit, which the text states; 5 for fewer than
${FIT_LIMITS.leastCells} different batches and lengths.

Columns p50, p90, p95 and p99, or repeated runs of a batch and length, show how single ones scatter about their mean: the
fit finds cv and slow from them, and predicts each half of the cells from the other. Without them residuals are unknown.

fitted.yaml extends the scenario with the fit at the precision of the pool, without the values of --set.

Examples:
  $ spillway fit bert.yaml rows.csv
  $ spillway fit llama.yaml served.csv --columns concurrency=users
  $ spillway fit bert.yaml published.csv --where gpu=A100 --columns ms=latency_ms --out fit
  $ spillway simulate fit/fitted.yaml`

export function define(command: Command): void {
  withJson(scenarioFile(command))
    .argument(
      '<rows>',
      'measured times (CSV, may be gzip): a row for each batch, step or concurrency',
      givenFile,
    )
    .option('--pool <name>', 'the pool that was measured; default: the only one with a transformer')
    .option(
      '--columns <key=name>',
      `column of ${measuredKeys.join(', ')}; may be repeated; default: guessed`,
      column,
    )
    .option('--where <column=value>', 'use rows with this value only; may be repeated', condition)
    .option('--set <path=value>', 'override any scenario value; may be repeated', override)
    .addOption(outOption('fit.json and fitted.yaml'))
  implement(command, HELP, async () => (await import('../actions/fit.ts')).perform)
}

/** Adds `key=name` to the columns of the options before it. */
function column(text: string, previous: MeasurementColumns = {}): MeasurementColumns {
  const [key, name] = parted(text)
  const columnKey = measuredKeys.find((candidate) => candidate === key)
  if (columnKey !== undefined && name !== '') return { ...previous, [columnKey]: name }
  const near = nearest(key, measuredKeys)
  const hint = near === null || near === key ? '' : ` Did you mean ${near}?`
  throw new InvalidArgumentError(
    `Expected ${measuredKeys.join(', ')}, then =NAME, got ${text}.${hint}`,
  )
}

function condition(
  text: string,
  previous: FitOptions['where'] = [],
): NonNullable<FitOptions['where']> {
  const [name, value] = parted(text)
  if (name !== '') return [...previous, [name, value]]
  throw new InvalidArgumentError(`Expected COLUMN=VALUE, got ${text}.`)
}

function parted(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=')
  return equals < 0 ? ['', ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]
}
