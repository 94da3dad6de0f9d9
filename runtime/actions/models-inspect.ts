import { alignColumns } from '../../reports/index.ts'
import { EXIT, type ExitCode, visibleLine } from '../../scenarios/index.ts'
import { type InspectedModel, inspectModel } from '../jobs/inspect-model.ts'
import { decoderText } from './decoder-text.ts'
import { operationsText, workText } from './operations-text.ts'
import { print } from './output.ts'

interface InspectOptions {
  readonly json?: boolean
  readonly work?: boolean
  readonly shape?: readonly string[]
  readonly batches?: readonly number[]
  readonly lengths?: readonly number[]
}

function textOf(model: InspectedModel): string {
  const { bytes, parameters, opsets, inputs, outputs, states, decoder, externalData } = model
  const opset = opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')
  const values = [
    ...inputs.map((input) => ['input', ...cellsOf(input, input.rows)]),
    ...outputs.map((output) => ['output', ...cellsOf(output, null)]),
  ]
  return [
    visibleLine(model.model),
    `${size(bytes)}, ${parameters.toLocaleString('en-US')} parameters`,
    visibleLine(`opset: ${opset || 'not stated'}`),
    ...externalData.map(({ file, bytes }) => {
      const sizeText = bytes === null ? 'missing beside the model' : size(bytes)
      return visibleLine(`external data: ${file}, ${sizeText}`)
    }),
    '',
    alignColumns(values, [0, 1, 2, 3]),
    ...(states.length === 0 || decoder !== null ? [] : ['', statesText(states)]),
    ...(decoder === null ? [] : ['', decoderText(decoder)]),
    '',
    model.operations === null
      ? visibleLine(`operations: not counted: ${model.operationsProblem}`)
      : operationsText(model.operations),
  ].join('\n')
}

/** What states mean for traffic and replays. */
function statesText(states: InspectedModel['states']): string {
  const pairs = states.map(({ input, output }) => `${output} to ${input}`).join(', ')
  return (
    `${visibleLine(`state: a run of a stream passes ${pairs} of the next run`)}\n` +
    'Simulations and replays take requests as independent, and each begins with the state that ' +
    'the scenario gives:\nsee Streams in docs/guides/own-model.md'
  )
}

const size = (bytes: number) =>
  `${(bytes / 1e6).toLocaleString('en-US', { maximumSignificantDigits: 3 })} MB`

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

export async function perform(
  _signal: AbortSignal,
  model: string,
  options: InspectOptions,
): Promise<ExitCode> {
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
}
