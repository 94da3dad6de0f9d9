import {
  type Estimate,
  probabilityText,
  type Uncertainty,
  VARIANT_FIGURES,
  VARIANT_METRICS,
  type VariantMetric,
  type Variants,
} from '../../sim/documents/index.ts'
import { count, listed, NONE, type Quantity } from '../format.ts'
import { endsText } from './uncertainty-figures.ts'
import { causesText, INPUT_COLUMNS, inputCells, MAY_STILL_MOVE } from './uncertainty-tables.ts'

/** Variants of uncertain inputs in table cells and words, for terminals and pages. */

type Variant = Variants['variants'][number]
type Named = Pick<Uncertainty['figures'][number], 'metric' | 'p'>

const QUANTITIES: Readonly<Record<VariantMetric, Quantity>> = {
  p50: 'time',
  p95: 'time',
  p99: 'time',
  goodput: 'share',
  utilisation: 'share',
}

/**
 * The wider interval of each figure of each variant, and how surely it is the one to take; the head
 * first. Empty where nothing is uncertain.
 */
export function variantInputRows({ variants, interval }: Variants): string[][] {
  if (interval === undefined) return []
  const isPriced = variants.some(({ row }) => row.cost !== null)
  const isJudged = variants.some(({ with_inputs: odds }) => odds?.p_holds != null)
  return [
    [
      'with uncertain inputs',
      ...VARIANT_METRICS,
      ...(isPriced ? ['$ an hour', '$ a million'] : []),
      'p99 hangs on',
      ...(isJudged ? ['holds', 'cheapest that holds'] : []),
    ],
    ...variants.map((variant) => [
      variant.name,
      ...VARIANT_METRICS.map((metric) =>
        endsCell(variant, VARIANT_FIGURES[metric], variant.figures[metric], QUANTITIES[metric]),
      ),
      ...(isPriced ? costCells(variant) : []),
      causesCell(variant),
      ...(isJudged ? oddsCells(variant) : []),
    ]),
  ]
}

const figureOf = ({ uncertainty }: Variant, { metric, p }: Named) =>
  uncertainty?.figures.find((of) => of.class === null && of.metric === metric && of.p === p)

/** The wider interval; that of the draws where all inputs are known. */
function endsCell(variant: Variant, named: Named, draws: Estimate, quantity: Quantity): string {
  if (draws.value === null) return NONE
  if (variant.uncertainty === undefined) return endsText(draws, draws, quantity)
  const figure = figureOf(variant, named)
  return figure === undefined ? NONE : endsText(draws, figure, quantity)
}

function costCells(variant: Variant): string[] {
  const { cost, replications: n } = variant.row
  if (cost === null) return [NONE, NONE]
  const { usd_per_hour: value, usd_per_million: million } = cost
  const hour = { value, low: value, high: value, n }
  return [
    endsCell(variant, { metric: 'usd_per_hour', p: null }, hour, 'plain'),
    endsCell(variant, { metric: 'usd_per_million', p: null }, million, 'plain'),
  ]
}

function causesCell(variant: Variant): string {
  const figure = figureOf(variant, VARIANT_FIGURES.p99)
  return figure === undefined ? NONE : causesText(figure)
}

const oddsCells = ({ with_inputs: odds }: Variant) =>
  [odds?.p_holds, odds?.p_cheapest].map((p) => (p == null ? NONE : probabilityText(p)))

interface InputRow {
  readonly cells: readonly string[]
  /** names of the variants that have it */
  readonly of: string[]
}

/** The inputs that are not known, and in which variants where not in all; the head first. */
export function uncertainInputRows({ variants }: Variants): string[][] {
  const rows = new Map<string, InputRow>()
  for (const { name, uncertainty } of variants) {
    for (const input of uncertainty?.inputs ?? []) {
      const key = JSON.stringify(input)
      const row: InputRow = rows.get(key) ?? { cells: inputCells(input), of: [] }
      row.of.push(name)
      rows.set(key, row)
    }
  }
  if (rows.size === 0) return []
  const all = [...rows.values()]
  const isInAll = all.every(({ of }) => of.length === variants.length)
  if (isInAll) return [INPUT_COLUMNS, ...all.map(({ cells }) => [...cells])]
  return [
    [...INPUT_COLUMNS, 'of'],
    ...all.map(({ cells, of }) => [
      ...cells,
      of.length === variants.length ? 'all variants' : listed(of),
    ]),
  ]
}

/** What the wider intervals and their probabilities are, a sentence each. */
export function variantInputNotes({ variants, interval }: Variants): string[] {
  const drawn = variants.flatMap(({ uncertainty }) => uncertainty ?? [])
  const [first] = drawn
  if (interval === undefined || first === undefined) return []
  const draws = count(first.draws)
  return [
    `With uncertain inputs: what ${draws} draws of them give, and other seeds. A draw has the same value of an input in all variants that share it, so it cancels in ratios. Speeds of other cards, precisions or measurements are not shared.`,
    'Verdicts and differences are by this interval, too: what it leaves open is undecided, whatever the draws alone show.',
    ...(drawn.every(({ settled }) => settled) ? [] : [`${MAY_STILL_MOVE}.`]),
  ]
}
