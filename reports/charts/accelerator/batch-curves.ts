import type { TopLevelSpec } from 'vega-lite'
import type { NonNormalizedSpec } from 'vega-lite/types_unstable/spec/index.js'
import { keyWords, type Layer, logTicks, WIDE } from '../frame.ts'
import { endLabels, linear, logarithmic, panelled, panelTitle, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** A quantity of one model by its batch: published rows, and the prediction from some of them. */
interface PredictedCurve {
  readonly name: string
  readonly points: readonly {
    readonly batch: number
    readonly value: number
    readonly fitted: boolean
  }[]
  readonly line: readonly { readonly batch: number; readonly value: number }[]
}

interface BatchPanel {
  readonly title: string
  /** title of the axis */
  readonly quantity: string
  /** domain of the axis */
  readonly range: readonly [number, number]
  readonly curves: readonly PredictedCurve[]
}

export interface BatchCurvesChart {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly BatchPanel[]
}

/** Space for the names of the lines, px. */
const LABELS = 34

/** Quantities by batch, a panel each: predicted as lines, published as dots. */
export const batchCurvesChart = (chart: BatchCurvesChart): TopLevelSpec =>
  panelled(chart, WIDE, { axis: 60, labels: LABELS }, (panel, { plot }) => drawn(panel, plot))

function drawn({ title, quantity, range, curves }: BatchPanel, plot: number) {
  const height = 270
  const batches = curves.flatMap(({ line }) => line.map(({ batch }) => batch))
  const domain = [Math.min(...batches) / 1.1, Math.max(...batches) * 1.1] as const
  const x = logarithmic('batch', domain, {
    title: 'sequences in a step (log scale)',
    values: logTicks(...domain),
    format: ',~g',
    grid: false,
  })
  const y = linear('value', range, { title: quantity, tickCount: 5, format: ',d' })
  const lines = curves.map(
    ({ line }): Layer => ({
      data: { values: line },
      mark: { type: 'line', color: LIGHT.prediction, strokeWidth: 1.8 },
      encoding: { x, y },
    }),
  )
  const dots = [true, false].map((fitted): Layer => {
    const values = curves.flatMap(({ points }) => points.filter((point) => point.fitted === fitted))
    const mark = {
      type: 'point',
      filled: true,
      opacity: 1,
      fill: fitted ? LIGHT.paper : LIGHT.measured,
      stroke: LIGHT.measured,
      strokeWidth: 1.4,
      size: 42,
    } as const
    return { data: { values }, mark, encoding: { x, y } }
  })
  const ends = curves.map(({ name, line }) => ({
    x: plot + 7,
    y: pixel(line.at(-1)!.value, range, height),
    text: name,
    color: LIGHT.prediction,
  }))
  const keys = [
    { name: 'predicted', color: LIGHT.prediction },
    { name: 'published', color: LIGHT.measured },
  ]
  return {
    title: panelTitle(title, LIGHT.ink, 8),
    width: plot,
    height,
    layer: [...lines, ...dots, ...endLabels(ends, height), ...keyWords(keys, WIDE)],
  } satisfies NonNormalizedSpec
}
