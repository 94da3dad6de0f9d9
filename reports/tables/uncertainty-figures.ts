import type { Estimate, Uncertainty } from '../../sim/documents/index.ts'
import { estimateText, percentileName, type Quantity, valueText } from '../format.ts'

/** Figures with both of their intervals, in words. */

export type Figure = Uncertainty['figures'][number]
type Metric = Figure['metric']

/** Percentiles that tables show; documents have all. */
const LEVELS = [0.5, 0.95, 0.99]

interface MetricWords {
  readonly name: string
  readonly quantity: Quantity
}

export const METRICS: Readonly<Record<Metric, MetricWords>> = {
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
export function figureName({
  class: name,
  metric,
  p,
}: Pick<Figure, 'class' | 'metric' | 'p'>): string {
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

export const shownFigures = ({ figures }: Uncertainty) =>
  figures.filter(({ p }) => p === null || LEVELS.includes(p))

/** A share below this is not worth a word, nor one that may be almost nothing. */
export const NOTABLE = 0.05
const SURELY = 0.02

/** Effects that are worth a word, the largest first. */
export const notableEffects = ({ effects }: Pick<Figure, 'effects'>) =>
  effects
    .filter(({ share }) => share.value >= NOTABLE && share.low >= SURELY)
    .toSorted((a, b) => b.share.value - a.share.value)

/** Figures whose effects are shown one by one: of each class the highest percentile, and others. */
export function movedFigures(uncertainty: Uncertainty): Figure[] {
  const figures = shownFigures(uncertainty)
  return figures.filter(({ class: name, metric, p, effects }) => {
    if (effects.length === 0 || metric === 'load' || metric === 'usd_per_hour') return false
    const like = figures.filter((of) => of.class === name && of.metric === metric)
    return like.every((of) => (of.p ?? 0) <= (p ?? 0))
  })
}

/** "+2.9 [2.7, 3.1] %" */
export function elasticityText({ elasticity }: Figure['effects'][number]): string {
  const text = estimateText({ ...elasticity, n: 1 }, 'plain')
  return `${elasticity.value > 0 ? '+' : ''}${text} %`
}
