import type { Estimate, Result, Uncertainty } from '../../sim/documents/index.ts'
import {
  declared,
  estimateText,
  listed,
  NONE,
  percent,
  percentileName,
  type Quantity,
  threeDigits,
  valueText,
} from '../format.ts'
import type { ResultTable } from './result-tables.ts'

type Figure = Uncertainty['figures'][number]
type Metric = Figure['metric']

/** Percentiles that tables show; documents have all. */
const LEVELS = [0.5, 0.95, 0.99]

const METRICS: Readonly<Record<Metric, { readonly name: string; readonly quantity: Quantity }>> = {
  latency: { name: 'latency', quantity: 'time' },
  ttft: { name: 'first token', quantity: 'time' },
  tpot: { name: 'further token', quantity: 'time' },
  goodput_share: { name: 'goodput', quantity: 'share' },
  utilisation: { name: 'utilisation', quantity: 'share' },
  capacity_rps: { name: 'capacity', quantity: 'rate' },
  load: { name: 'load', quantity: 'share' },
  usd_per_hour: { name: 'cost of an hour', quantity: 'usd' },
  usd_per_million: { name: 'cost of a million requests', quantity: 'usd' },
  usd_per_million_tokens: { name: 'cost of a million tokens', quantity: 'usd' },
}

/** "web: latency p99", "capacity" */
function figureName({ class: name, metric, p }: Figure): string {
  const of = name === null ? '' : `${name}: `
  const mean = ['latency', 'ttft', 'tpot'].includes(metric) ? 'mean ' : ''
  const { name: what } = METRICS[metric]
  return p === null ? `${of}${mean}${what}` : `${of}${what} ${percentileName(p)}`
}

/** "[42, 61] ms", or "42 ms and more" where it has no upper end. */
export function endsText(
  { value, n }: Estimate,
  { low, high }: { readonly low: number | null; readonly high: number | null },
  quantity: Quantity,
): string {
  if (value === null || low === null) return 'without an end'
  const like = value
  if (high === null) {
    return `${valueText({ value: low, low: null, high: null, n }, quantity, like)} and more`
  }
  // both ends are the value: nothing moves it
  if (high === low) return valueText({ value, low, high, n }, quantity, like)
  const text = estimateText({ value, low, high, n }, quantity, like)
  return text.slice(text.indexOf('['))
}

/** "97 %", "over 99.9 %" */
export function probabilityText(p: number): string {
  if (p > 0.999) return 'over 99.9 %'
  return p < 0.001 ? 'under 0.1 %' : percent(p, p > 0.99 || p < 0.01 ? 0.003 : 0.03)
}

/** Both intervals of the figure of an objective: ", by draws; [42, 61] ms with the inputs, …". */
export function withInputsText(
  { estimate, with_inputs: wide }: Result['objectives'][number],
  quantity: Quantity,
): string {
  if (wide === undefined) return ''
  const ends = endsText(estimate, wide, quantity)
  return ` by draws, ${ends} with uncertain inputs, holds with probability ${probabilityText(wide.p_holds)}`
}

const shownFigures = ({ figures }: Uncertainty) =>
  figures.filter(({ p }) => p === null || LEVELS.includes(p))

/** A share below this is not worth a word, nor one that may be almost nothing. */
const NOTABLE = 0.05
const SURELY = 0.02

/** "models.encoder.work.base_ms 71 %, 2 more": the largest; a dash where nothing is notable. */
export function causesText({ effects, together }: Figure): string {
  const [largest, ...more] = effects
    .filter(({ share }) => share.value >= NOTABLE && share.low >= SURELY)
    .sort((a, b) => b.share.value - a.share.value)
  const rest = together !== null && together >= NOTABLE
  if (largest === undefined) return rest ? `together ${percent(together, 0.03)}` : NONE
  const others = more.length + (rest ? 1 : 0)
  const text = `${largest.input} ${percent(largest.share.value, 0.03)}`
  return others === 0 ? text : `${text}, ${others} more`
}

/** Figures whose effects are shown one by one: of each class the highest percentile, and others. */
function answers(uncertainty: Uncertainty): Figure[] {
  const figures = shownFigures(uncertainty)
  return figures.filter(({ class: name, metric, p, effects }) => {
    if (effects.length === 0 || metric === 'load' || metric === 'usd_per_hour') return false
    const like = figures.filter((of) => of.class === name && of.metric === metric)
    return like.every((of) => (of.p ?? 0) <= (p ?? 0))
  })
}

/** An elasticity above this makes an answer hang on one digit of an input. */
const ILL = 10

/** What moves so much that an answer is worth little; none for most results. */
export function illConditioned({ uncertainty }: Result): string[] {
  if (uncertainty === undefined) return []
  return answers(uncertainty).flatMap((figure) => {
    const causes = figure.effects.filter(({ elasticity }) => Math.abs(elasticity.value) > ILL)
    if (causes.length === 0) return []
    const each = causes.map(
      ({ input, elasticity }) => `${input} (by ${threeDigits(elasticity.value)} %)`,
    )
    return [`ill-conditioned: 1 % more of ${listed(each)} moves ${figureName(figure)}`]
  })
}

/** Name of an input, its stated value and what it may be. */
export const inputCells = ({ name, value, low, high }: Uncertainty['inputs'][number]) => [
  name,
  declared(value),
  `${threeDigits(low)} to ${threeDigits(high)}`,
]

export const MAY_STILL_MOVE = 'further draws may still move ends of intervals'

/** Inputs whose share is surely below this are left out. */
const LEAST_SHARE = 0.01

/** "+2.9 [2.7, 3.1] %" */
function elasticityText({ elasticity }: Figure['effects'][number]): string {
  const text = estimateText({ ...elasticity, n: 1 }, 'plain')
  return `${elasticity.value > 0 ? '+' : ''}${text} %`
}

export const INPUT_COLUMNS = ['uncertain input', 'stated', 'may be (95 %)']

export const UNCERTAINTY_TABLES: readonly ResultTable[] = [
  {
    caption: 'Uncertain inputs',
    columns: INPUT_COLUMNS,
    rows: ({ uncertainty }) => (uncertainty?.inputs ?? []).map(inputCells),
  },
  {
    caption: 'Both intervals',
    columns: ['figure', 'stated inputs', 'by draws', 'with uncertain inputs', 'hangs on'],
    rows: ({ uncertainty }) =>
      uncertainty === undefined
        ? []
        : shownFigures(uncertainty).map((figure) => {
            const { quantity } = METRICS[figure.metric]
            const { draws } = figure
            return [
              figureName(figure),
              valueText(draws, quantity),
              endsText(draws, draws, quantity),
              endsText(draws, figure, quantity),
              causesText(figure),
            ]
          }),
    note: ({ uncertainty }) =>
      uncertainty === undefined
        ? null
        : [
            `by draws: what other seeds may give, at the stated inputs; with uncertain inputs: what ${uncertainty.draws} draws of them give, and other seeds`,
            'hangs on: the largest share of the variance that an input has alone, and how many more are notable; together: of several at once',
            ...(uncertainty.settled ? [] : [MAY_STILL_MOVE]),
          ],
  },
  {
    caption: 'What moves the answer',
    columns: ['figure', '1 % more of', 'moves it by', 'share of the variance'],
    rows: ({ uncertainty }) =>
      uncertainty === undefined
        ? []
        : answers(uncertainty).flatMap((figure) =>
            figure.effects
              .filter(({ share }) => share.high >= LEAST_SHARE)
              .map((effect) => [
                figureName(figure),
                effect.input,
                elasticityText(effect),
                estimateText({ ...effect.share, n: 1 }, 'share'),
              ]),
          ),
    note: ({ uncertainty }) =>
      uncertainty === undefined
        ? null
        : 'inputs with less than 1 % of the variance of a figure are left out: to know them better changes nothing',
  },
]
