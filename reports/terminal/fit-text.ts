import { visibleLine } from '../../scenarios/index.ts'
import type { Fit } from '../../sim/documents/index.ts'
import { fittedKeysYaml } from '../fit-yaml.ts'
import { count, NONE, percent, plural, signedPercent, threeDigits } from '../format.ts'
import { alignColumns } from './align.ts'

type PrecisionFit = Fit['fits'][number]
type Errors = PrecisionFit['left_out']
type Residual = PrecisionFit['residual']

/** A fit for a terminal; the part for a scenario is last. */
export function fitText(fit: Fit): string {
  const { model, pool, accelerator, tensor_parallel: cards, file, rows, left_out: left } = fit
  const many = cards > 1 ? `${cards} × ` : ''
  const conditions = left > 0 ? ` where ${fit.where.join(' and ')} (${count(left)} others)` : ''
  const poolFit = fit.fits.find(({ of_pool }) => of_pool)!
  return [
    visibleLine(`${model} on ${many}${accelerator}, pool ${pool}, fitted to ${file}`),
    visibleLine(`${plural(rows, 'row')}${conditions}; ${columnsText(fit)}`),
    ...(fit.fits.length + fit.not_fitted.length > 1 ? [APART] : []),
    ...fit.fits.flatMap((precisionFit) => ['', ...precisionText(precisionFit, fit)]),
    ...fit.not_fitted.flatMap(({ precision, rows: n, why }) => [
      '',
      visibleLine(`${precision}, ${plural(n, 'row')}: not fitted: ${why}`),
    ]),
    '',
    `For work of the model ${model}, at ${poolFit.precision}:`,
    '',
    fittedKeysYaml(poolFit),
    ...alternativesText(poolFit),
  ].join('\n')
}

/** What the part for a scenario leaves out, as a comment of it. */
function alternativesText({ efficiency: { alternatives = [] } }: PrecisionFit): string[] {
  if (alternatives.length === 0) return []
  return [`# and ${alternatives.length} alternatives of resampled rows: --out FOLDER writes them`]
}

const APART =
  'Each precision is fitted apart: its kernels reach other shares of their peaks, and a model has one of each value.'

function columnsText({ columns }: Fit): string {
  const named = Object.entries(columns).map(([key, name]) =>
    key === name ? name : `${key} from ${name}`,
  )
  return `columns ${named.join(', ')}`
}

function precisionText(precisionFit: PrecisionFit, { law }: Fit): string[] {
  const { precision, rows, cells, sure, regions, left_out: left, unfitted } = precisionFit
  const steps = law === 'transformer-decoder'
  const what = `${plural(rows, 'row')}, ${cells} different ${steps ? 'steps' : 'batches and lengths'}`
  return [
    `${precision}: ${what}`,
    '',
    ...parametersText(precisionFit),
    '',
    ...table(
      ['predicted', 'rows', 'median error', 'bias', 'worst'],
      [
        ['left out in turn', ...errorCells(left)],
        ...regions.map(({ region, ...errors }) => [`  ${region}`, ...errorCells(errors)]),
        ['half by the other half', ...errorCells(chosenOf(precisionFit).halves)],
        ['without the fit', ...errorCells(unfitted)],
      ],
    ),
    '',
    ...shapesText(precisionFit),
    '',
    ...worstText(precisionFit, steps),
    '',
    ...wrapped(sure),
    '',
    ...residualText(precisionFit.residual),
  ]
}

function residualText(residual: Residual): string[] {
  const { from, shapes, ratio, left_out: left, cv, slow, sure } = residual
  if (left === null) return wrapped(sure)
  const rows = shapes.map(({ name, score, standard_error: error, chosen }) => {
    const rare = slow === null ? '' : `, ${percent(slow.share)} take ${threeDigits(slow.factor)}x`
    const values = chosen ? `chosen: cv ${threeDigits(cv ?? 0)}${rare}` : ''
    const cell = from === 'runs' ? (value: number) => value.toFixed(2) : percent
    return [name, `${cell(score)} ± ${cell(error)}`, values]
  })
  const score = from === 'runs' ? '−log likelihood' : `error of ${ratio}`
  return [...alignColumns([['residual', score, ''], ...rows], [0, 2]).split('\n'), ...wrapped(sure)]
}

const chosenOf = ({ shapes }: PrecisionFit) => shapes.find(({ chosen }) => chosen)!

const errorCells = ({ rows, median, bias, worst }: Errors) => [
  ...[count(rows), percent(median), signedPercent(bias), signedPercent(worst)],
]

function parametersText({ parameters, groups_left_out: groups }: PrecisionFit): string[] {
  const head = ['fitted value', '', `over ${groups} fits that leave rows out`, '']
  const rows = parameters.map(({ key, value, low, high, open, rests_on: few }) => [
    ...[key, threeDigits(value), `${threeDigits(low)} to ${threeDigits(high)}`],
    open ? 'left open by the rows' : few === null ? '' : restsText(few),
  ])
  return alignColumns([head, ...rows], [0, 3]).split('\n')
}

function restsText({ lines, value }: NonNullable<PrecisionFit['parameters'][number]['rests_on']>) {
  const rows = lines.length === 1 ? `line ${lines[0]}` : plural(lines.length, 'row')
  return `rests on ${rows}: ${threeDigits(value)} without`
}

function shapesText(precisionFit: PrecisionFit): string[] {
  const { shapes, rule, groups_left_out: groups, cells } = precisionFit
  const rows = shapes.map(({ name, score, standard_error: error, left_out: left, chosen }) => [
    name,
    percent(left.median),
    signedPercent(left.worst),
    `${percent(score)} ± ${percent(error)}`,
    chosen ? 'chosen' : '',
  ])
  const grouped = groups < cells ? ` Cells are left out in ${groups} groups.` : ''
  return [
    ...alignColumns([['shape', 'median', 'worst', 'mean error', ''], ...rows], [0, 4]).split('\n'),
    ...wrapped(`${rule}${grouped}`),
  ]
}

function worstText({ worst_rows: rows }: PrecisionFit, steps: boolean): string[] {
  const head = steps
    ? ['predicted worst', 'sequences', 'context', 'prefill']
    : ['predicted worst', 'batch', 'length']
  const cells = rows.map((row) => [
    `line ${row.line}`,
    ...(steps
      ? [count(row.batch), row.batch > 0 ? count(row.length) : NONE, count(row.prefill_tokens)]
      : [count(row.batch), count(row.length)]),
    ...[threeDigits(row.ms), threeDigits(row.predicted_ms), signedPercent(row.error), row.region],
  ])
  const header = [...head, 'measured ms', 'predicted ms', 'error', '']
  return alignColumns([header, ...cells], [0, header.length - 1]).split('\n')
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  alignColumns([head, ...rows]).split('\n')

const WIDTH = 120

/** Sentences in lines of a terminal; a figure keeps its sign. */
function wrapped(text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(/ (?!%)/)) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}
