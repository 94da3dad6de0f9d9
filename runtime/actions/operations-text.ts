import { alignColumns } from '../../reports/index.ts'
import { visibleLine } from '../../scenarios/index.ts'
import { significant } from '../../sim/kernel/index.ts'
import type { CountedModel } from '../jobs/count-model.ts'

const MIB = 2 ** 20

/** The counts of the smallest and of the largest batch. */
export function operationsText(model: CountedModel): string {
  const { counted } = model
  const batches = counted.map(({ batch }) => batch)
  const shown = counted.filter(({ batch }) =>
    [Math.min(...batches), Math.max(...batches)].includes(batch),
  )
  const lengthy = counted.some(({ length }) => length !== null)
  const rows = shown.map(({ batch, length, flops, movedBytes, weightBytes, kernels }) => [
    `${batch}`,
    ...(lengthy ? [`${length}`] : []),
    amount(flops / 1e9),
    amount(movedBytes / MIB),
    amount(weightBytes / MIB),
    `${kernels}`,
  ])
  const head = [
    ...['batch', ...(lengthy ? ['length'] : [])],
    ...['GFLOPs', 'moved MiB', 'weights MiB', 'kernels'],
  ]
  return [
    visibleLine(`operations at fp32, with ${inputsText(model)}`),
    alignColumns([head, ...rows]),
    ...leftOut(model).map(visibleLine),
  ].join('\n')
}

/** The counts as declared work, in YAML. */
export function workText(file: string, model: CountedModel): string {
  const { work, errors, counted } = model
  const distinct = (values: readonly (number | null)[]) => [...new Set(values)].join(', ')
  const lengths = counted.some(({ length }) => length !== null)
    ? ` and lengths ${distinct(counted.map(({ length }) => length))}`
    : ''
  const keys = Object.entries(work).filter(([, value]) => value !== 0)
  const sizes = `batches of ${distinct(counted.map(({ batch }) => batch))}${lengths}`
  return [
    `# operations of ${file}`,
    `# counted with ${inputsText(model)}, ${sizes}`,
    `# largest error over these: FLOPs ${percent(errors.flops)}, moved ${percent(errors.movedBytes)}, ` +
      `weights ${percent(errors.weightBytes)}, kernels ${percent(errors.kernels)}`,
    ...leftOut(model).map((line) => `# ${line}`),
    'work:',
    '  law: operations',
    ...keys.map(([key, value]) => `  ${key}: ${value}`),
  ]
    .map(visibleLine)
    .join('\n')
}

function inputsText({ inputs }: CountedModel): string {
  return inputs
    .map(({ name, shape, value }) =>
      value === null ? `${name} [${shape.join(', ')}]` : `${name} = ${value}`,
    )
    .join(', ')
}

/** The nodes that the totals leave out, of the batch with most of them. */
function leftOut({ counted }: CountedModel): string[] {
  const most = counted.reduce((a, b) => (b.notCounted.length > a.notCounted.length ? b : a))
  if (most.notCounted.length === 0) return []
  const nodes = most.notCounted.map(
    ({ operator, nodes, unknown }) => `${nodes} ${operator} (unknown ${unknown})`,
  )
  return [`not counted: ${nodes.join(', ')}; the totals are too low by these nodes`]
}

const amount = (value: number) =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 3, useGrouping: true })

/** Rounding of the coefficients alone is below the least one. */
function percent(share: number): string {
  return share < 1e-6 ? '< 0.0001 %' : `${significant(100 * share, 2)} %`
}
