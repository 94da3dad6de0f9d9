import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { keyWords, type Layer, logTicks, WIDE } from '../frame.ts'
import { endLabels, logarithmic, type PanelGrid, panelled, panelTitle } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Throughput of a card by batch, at one precision. */
interface CardCurve {
  readonly card: string
  /** whether its efficiencies are fitted to measurements of this card; else they are assumed */
  readonly fitted: boolean
  /** by rising batch, up to the largest one that its memory holds */
  readonly points: readonly { readonly batch: number; readonly value: number }[]
}

export interface CardThroughputChart {
  readonly title: string
  readonly subtitle: string
  /** title of the vertical axis */
  readonly quantity: string
  /** title of the horizontal axis */
  readonly batches: string
  readonly panels: readonly { readonly title: string; readonly curves: readonly CardCurve[] }[]
}

/** Space for the names of the cards, px. */
const LABELS = 46
const KINDS = {
  fitted: { name: 'fitted', color: LIGHT.simulated },
  assumed: { name: 'uncalibrated', color: LIGHT.muted },
} as const
const kindOf = ({ fitted }: CardCurve) => KINDS[fitted ? 'fitted' : 'assumed']

/** Throughput of cards by batch on log axes, a panel for each precision. */
export function cardThroughputChart(chart: CardThroughputChart): TopLevelSpec {
  const points = chart.panels.flatMap(({ curves }) => curves.flatMap((curve) => curve.points))
  const range = (values: readonly number[], margin: number) =>
    [Math.min(...values) / margin, Math.max(...values) * margin] as const
  const domains = {
    batch: range(
      points.map(({ batch }) => batch),
      1.05,
    ),
    value: range(
      points.map(({ value }) => value),
      1.3,
    ),
  }
  return panelled(chart, WIDE, { axis: 44, labels: LABELS }, (panel, grid, i) =>
    drawn(chart, panel, { i, ...domains }, grid),
  )
}

interface Domains {
  readonly i: number
  readonly batch: readonly [number, number]
  readonly value: readonly [number, number]
}

function drawn(
  { quantity, batches }: CardThroughputChart,
  { title, curves }: CardThroughputChart['panels'][number],
  domains: Domains,
  { plot, columns }: PanelGrid,
) {
  const height = 320
  const x = logarithmic('batch', domains.batch, {
    title: batches,
    values: logTicks(...domains.batch, [1]),
    format: ',~g',
    grid: false,
  })
  const y = logarithmic('value', domains.value, {
    title: domains.i % columns === 0 ? quantity : null,
    values: logTicks(...domains.value, [1]),
    format: ',~g',
  })
  const lines = curves.map((curve): Layer => {
    const strokeDash = curve.fitted ? [1, 0] : [4, 3]
    const strokeWidth = curve.fitted ? 2.2 : 1.3
    return {
      data: { values: [...curve.points] },
      mark: { type: 'line', color: kindOf(curve).color, strokeWidth, strokeDash },
      encoding: { x, y },
    }
  })
  const along = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low)
  const ends = curves.map((curve) => {
    const last = curve.points.at(-1)!
    const across = plot * along(last.batch, domains.batch) + 7
    const down = height * (1 - along(last.value, domains.value))
    return { x: across, y: down, text: curve.card, color: kindOf(curve).color }
  })
  return {
    title: panelTitle(title, LIGHT.ink, 8),
    width: plot,
    height,
    layer: [...lines, ...endLabels(ends, height), ...keyWords(Object.values(KINDS), WIDE)],
  } satisfies NonNormalizedSpec
}
