import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { keyWords, type Layer, PERCENT, WIDE } from '../frame.ts'
import { linear, logarithmic, panelled, panelTitle } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Slowdown by the share that a cap leaves, on one device. */
interface CapSeries {
  readonly name: string
  readonly points: readonly CapPoint[]
  /** fitted on these points */
  readonly line: readonly CapPoint[]
}

interface CapPoint {
  readonly share: number
  readonly slowdown: number
}

interface CapPanel {
  readonly title: string
  /** title and domain of the axis of shares */
  readonly share: string
  readonly shares: readonly [number, number]
  readonly series: readonly CapSeries[]
}

export interface CapCurvesChart {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly CapPanel[]
  readonly slowdowns: readonly [number, number]
}

const COLORS = [LIGHT.prediction, LIGHT.queue]

/** Slowdown by what a power cap leaves, a panel for each way to measure that. */
export const capCurvesChart = (chart: CapCurvesChart): TopLevelSpec =>
  panelled(chart, WIDE, { axis: 50 }, (panel, { plot }) => drawn(chart, panel, plot))

function drawn(
  { slowdowns }: CapCurvesChart,
  { title, share, shares, series }: CapPanel,
  plot: number,
) {
  const x = linear('share', shares, {
    title: share,
    tickCount: 6,
    labelExpr: PERCENT,
    grid: false,
  })
  const y = logarithmic('slowdown', slowdowns, {
    title: 'slowdown (log scale)',
    values: [1, 1.5, 2, 3, 4].filter((tick) => tick >= slowdowns[0] && tick <= slowdowns[1]),
    labelExpr: `'×' + format(datum.value, '~g')`,
  })
  const dots = series.map(
    ({ points }, i): Layer => ({
      data: { values: points },
      mark: { type: 'point', filled: true, opacity: 0.45, size: 16, color: COLORS[i]! },
      encoding: { x, y },
    }),
  )
  const lines = series.map(
    ({ line }, i): Layer => ({
      data: { values: line },
      mark: { type: 'line', color: COLORS[i]!, strokeWidth: 2.2 },
      encoding: { x, y },
    }),
  )
  const keys = series.map(({ name }, i) => ({ name, color: COLORS[i]! }))
  return {
    title: panelTitle(title, LIGHT.ink, 8),
    width: plot,
    height: 290,
    layer: [...dots, ...lines, ...keyWords(keys, WIDE)],
  } satisfies NonNormalizedSpec
}
