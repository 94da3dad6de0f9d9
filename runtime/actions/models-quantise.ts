import { alignColumns, fixed, plural, threeDigits } from '../../reports/index.ts'
import { EXIT, type ExitCode, loadScenario, visibleLine } from '../../scenarios/index.ts'
import { note, warn } from '../commands/command.ts'
import { withProgress } from '../commands/progress.ts'
import { type QuantisedModel, quantiseModel } from '../jobs/quantise/quantise-model.ts'
import { print } from './output.ts'

interface QuantiseOptions {
  readonly out: string
  readonly samples: number
  readonly model?: string
  readonly set?: readonly string[]
  readonly json?: boolean
}

function textOf(model: QuantisedModel): string {
  const { from, to, quantised, kernels, conversions, calibration, processorMs, drift } = model
  const { samples, lengths } = calibration
  const [least, largest] = lengths ?? []
  const range = least === largest ? `${least}` : `${least} to ${largest}`
  const rows = [
    ['written', to.path],
    ['size', `${megabytes(from.bytes)} to ${megabytes(to.bytes)} MB`],
    ['quantised', countsText(quantised)],
    ...leftOutLines(model).map((line) => ['left out', line]),
    ['kernels', `${countsText(kernels)}; ${plural(conversions, 'conversion')} to and from 8 bits`],
    [
      'calibrated',
      `on ${plural(samples, 'sample')}${lengths === null ? '' : `, lengths of ${range}`}`,
    ],
    [
      'processor',
      `${threeDigits(processorMs.from)} to ${threeDigits(processorMs.to)} ms for a request alone, in the median`,
    ],
    ['drift', driftText(drift)],
  ]
  return alignColumns(
    rows.map(([name, text]) => [name!, visibleLine(text!)]),
    [0, 1],
  )
}

const megabytes = (bytes: number) => fixed(bytes / 1e6, 2)

function countsText(counts: Readonly<Record<string, number>>): string {
  const texts = Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([operator, n]) => `${n} ${operator}`)
  return texts.length === 0 ? 'none' : texts.join(', ')
}

/** Names of nodes that a line shows. */
const SHOWN = 3

/** A line for each operator and reason. */
function leftOutLines({ leftOut }: QuantisedModel): string[] {
  const groups = new Map<string, string[]>()
  for (const { node, operator, reason } of leftOut) {
    const key = `${operator}: ${reason}`
    groups.set(key, [...(groups.get(key) ?? []), node])
  }
  return [...groups].map(([key, nodes]) => {
    const more = nodes.length > SHOWN ? `, and ${nodes.length - SHOWN} more` : ''
    return `${nodes.length} ${key} (${nodes.slice(0, SHOWN).join(', ')}${more})`
  })
}

function driftText(drift: QuantisedModel['drift']): string {
  if (drift === null) return 'not known'
  const { inputs, cosineMean, cosineLeast, sameTop } = drift
  const cosine = `cosine similarity ${cosineMean.toFixed(5)} in the mean, ${cosineLeast.toFixed(5)} at least`
  return `on ${plural(inputs, 'sample')}: ${cosine}; same top-1 in ${fixed(100 * sameTop, 1)} %`
}

export async function perform(
  signal: AbortSignal,
  path: string,
  { out, samples, model, set = [], json }: QuantiseOptions,
): Promise<ExitCode> {
  const files: string[] = []
  const loaded = await loadScenario(path, { set, onFile: (file) => files.push(file) })
  const quantised = await withProgress((onProgress) =>
    quantiseModel(loaded, { out, samples, model, files, signal, onProgress, onNote: note }),
  )
  for (const text of quantised.warnings) warn(text)
  print({ json }, quantised, textOf(quantised))
  return EXIT.ok
}
