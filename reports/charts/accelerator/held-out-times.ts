import type { TopLevelSpec } from 'vega-lite'
import { keyWords, type Layer, logTicks, WIDE } from '../frame.ts'
import { labels, logarithmic, panelled, panelTitle, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Measured times with predictions by a fit that has not seen them, ms. */
interface HeldOutSeries {
  readonly name: string
  readonly color: string
  readonly shape: 'circle' | 'triangle-up' | 'square' | 'diamond'
  readonly points: readonly { readonly measured: number; readonly predicted: number }[]
}

export interface HeldOutChart {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly { readonly name: string; readonly series: readonly HeldOutSeries[] }[]
  /** largest relative error that the bar allows */
  readonly bar: number
}

/** Predicted by measured time: a panel for each device, and a band for the bar. */
export function heldOutTimes(chart: HeldOutChart): TopLevelSpec {
  const height = 330
  const points = chart.panels.flatMap(({ series }) => series.flatMap((of) => of.points))
  const times = points.flatMap(({ measured, predicted }) => [measured, predicted])
  const domain = [0.8 * Math.min(...times), 1.25 * Math.max(...times)] as const
  const axis = (title: string) => ({
    title,
    values: logTicks(domain[0], domain[1], [1, 3]),
    format: ',~g',
  })
  const x = logarithmic('measured', domain, axis('published (ms, log scale)'))
  const y = logarithmic('predicted', domain, axis('predicted (ms, log scale)'))
  const line = (factor: number, strokeDash: number[]): Layer => ({
    data: {
      values: domain.map((measured) => ({ measured, predicted: measured * factor })),
    },
    mark: { type: 'line', color: LIGHT.muted, strokeWidth: 1, strokeDash, clip: true },
    encoding: { x, y },
  })
  const bounds = [line(1, [1, 0]), line(1 + chart.bar, [4, 3]), line(1 - chart.bar, [4, 3])]
  const bound = (factor: number, plot: number) => {
    const at = Math.sqrt(domain[0] * domain[1])
    return {
      x: plot - pixel(at, domain, plot, true),
      y: pixel(at * factor, domain, height, true),
      text: `${factor > 1 ? '+' : '−'}${Math.round(100 * chart.bar)} %`,
      color: LIGHT.muted,
    }
  }
  return panelled(chart, WIDE, { axis: 48 }, ({ name, series }, { plot }) => ({
    title: panelTitle(name, LIGHT.ink),
    width: plot,
    height,
    layer: [
      ...bounds,
      ...series.map(
        (of): Layer => ({
          data: { values: of.points },
          mark: { type: 'point', filled: true, opacity: 0.85, size: 42, ...look(of) },
          encoding: { x, y },
        }),
      ),
      ...labels([bound(1 + chart.bar, plot)], { align: 'right', dx: -8, dy: -4 }),
      ...labels([bound(1 - chart.bar, plot)], { align: 'left', dx: 8, dy: 8 }),
      ...keyWords(series, plot),
    ],
  }))
}

const look = ({ color, shape }: HeldOutSeries) => ({ color, shape })
