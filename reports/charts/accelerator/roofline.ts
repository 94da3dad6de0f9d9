import type { TopLevelSpec } from 'vega-lite'
import { type Layer, logTicks, WIDE } from '../frame.ts'
import { labels, logarithmic, panelled, panelTitle, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** FLOPs a byte, and TFLOP/s. */
interface RooflinePoint {
  readonly intensity: number
  readonly tflops: number
}

interface RooflinePanel {
  readonly name: string
  /** of the datasheet */
  readonly bandwidthGbS: number
  readonly tflops: number
  readonly measured: readonly RooflinePoint[]
  readonly fitted: readonly RooflinePoint[]
}

export interface RooflineChart {
  readonly title: string
  readonly subtitle: string
  readonly panels: readonly RooflinePanel[]
}

/** Speed by arithmetic intensity: the roof of each datasheet, measured points, and a fit. */
export function rooflineChart(chart: RooflineChart): TopLevelSpec {
  const height = 300
  const points = chart.panels.flatMap(({ measured, fitted }) => [...measured, ...fitted])
  const across = points.map(({ intensity }) => intensity)
  const up = [...points, ...chart.panels].map(({ tflops }) => tflops)
  const xs = [0.8 * Math.min(...across), 1.3 * Math.max(...across)] as const
  const ys = [0.7 * Math.min(...up), 1.6 * Math.max(...up)] as const
  const axis = (title: string, [low, high]: readonly [number, number]) => ({
    title,
    values: logTicks(low, high, [1]),
    format: ',~g',
  })
  const x = logarithmic('intensity', xs, axis('FLOPs a byte (log scale)', xs))
  const y = logarithmic('tflops', ys, axis('TFLOP/s (log scale)', ys))
  return panelled(chart, WIDE, { axis: 56 }, (panel, { plot }) => {
    const { name, bandwidthGbS, tflops, measured, fitted } = panel
    const ridge = (1000 * tflops) / bandwidthGbS
    const roof = [
      { intensity: xs[0], tflops: (xs[0] * bandwidthGbS) / 1000 },
      { intensity: ridge, tflops },
      { intensity: xs[1], tflops },
    ]
    const at = (intensity: number, speed: number) => ({
      x: plot - pixel(intensity, xs, plot, true),
      y: pixel(speed, ys, height, true),
    })
    const line = (values: readonly RooflinePoint[], color: string, dashed: boolean): Layer => ({
      data: { values: [...values] },
      mark: {
        type: 'line',
        color,
        clip: true,
        strokeWidth: dashed ? 1.2 : 2,
        ...(dashed ? { strokeDash: [5, 3] } : {}),
      },
      encoding: { x, y },
    })
    const dots: Layer = {
      data: { values: [...measured] },
      mark: { type: 'point', filled: true, opacity: 0.8, size: 16, color: LIGHT.measured },
      encoding: { x, y },
    }
    const corner = (up: number, text: string, color: string) => {
      return { x: plot - 6, y: height - up, text, color }
    }
    return {
      title: panelTitle(name, LIGHT.ink),
      width: plot,
      height,
      layer: [
        line(roof, LIGHT.limit, true),
        dots,
        line(fitted, LIGHT.prediction, false),
        ...labels(
          [
            {
              ...at(xs[1], tflops),
              text: `datasheet, ${Math.round(tflops)}`,
              color: LIGHT.limit,
            },
          ],
          { align: 'right', dy: -9 },
        ),
        ...labels([corner(34, 'measured', LIGHT.measured)], { align: 'right' }),
        ...labels([corner(16, 'fitted to other points', LIGHT.prediction)], { align: 'right' }),
      ],
    }
  })
}
