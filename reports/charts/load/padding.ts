import { mean } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, PERCENT, plotWidth, WIDE } from '../frame.ts'
import { endLabels, labels, linear } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Padding efficiency of batches of one size: by the variation of lengths, and of real lengths. */
export interface PaddingCurve {
  readonly batch: number
  /** coefficient of variation of the lengths, and padding efficiency */
  readonly points: readonly { readonly cv: number; readonly useful: number }[]
  readonly traces: readonly {
    readonly name: string
    readonly cv: number
    readonly useful: number
  }[]
}

export interface PaddingChart {
  readonly title: string
  readonly subtitle: string
  readonly curves: readonly PaddingCurve[]
}

/** Space for the names of the lines, px. */
const LABELS = 90

/** Padding efficiency by the variation of lengths: lines for drawn lengths, dots for real ones. */
export function paddingChart(chart: PaddingChart): TopLevelSpec {
  const height = 320
  const wide = plotWidth(WIDE, LABELS)
  const { curves } = chart
  const most = Math.max(...curves.flatMap(({ points }) => points.map(({ cv }) => cv)))
  const x = linear('cv', [0, most], {
    title: 'coefficient of variation of lengths',
    tickCount: 9,
  })
  const y = linear('useful', [0, 1], {
    title: 'padding efficiency',
    labelExpr: PERCENT,
    tickCount: 5,
  })
  const lines = curves.map(
    ({ points }, i): Layer => ({
      data: { values: points },
      mark: { type: 'line', color: LIGHT.simulated, strokeWidth: i === 0 ? 2.4 : 1.2 },
      encoding: { x, y },
    }),
  )
  const dots: Layer = {
    data: { values: curves.flatMap(({ traces }) => traces) },
    mark: { type: 'point', filled: true, opacity: 1, size: 60, color: LIGHT.measured },
    encoding: { x, y },
  }
  const at = (useful: number) => height * (1 - useful)
  const ends = curves.map(({ batch, points }) => ({
    x: wide + 8,
    y: at(points.at(-1)!.useful),
    text: `batches of ${batch}`,
    color: LIGHT.simulated,
  }))
  const real = curves.map(({ traces }) => ({
    x: (wide * traces[0]!.cv) / most + 10,
    y: at(mean(traces.map(({ useful }) => useful))) - 8,
    text: traces.map(({ name }) => name).join(', '),
    color: LIGHT.measured,
  }))
  return {
    ...frame(chart.title, chart.subtitle, WIDE),
    width: wide,
    height,
    layer: [...lines, dots, ...endLabels(ends, height), ...labels(real, { align: 'left' })],
  }
}
