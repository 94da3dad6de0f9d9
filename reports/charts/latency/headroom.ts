import type { TopLevelSpec } from 'vega-lite'
import { fixed, time } from '../../format.ts'
import { frame, type Layer, PERCENT, plotWidth, WIDE } from '../frame.ts'
import { endLabels, labels, latencies, levelLine, linear, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** The tail of one kind of traffic by load, and the highest load that meets a limit. */
interface HeadroomCurve {
  readonly name: string
  readonly points: readonly { readonly load: number; readonly ms: number }[]
  /** 1 − the highest load that meets the limit */
  readonly headroom: number
}

export interface HeadroomChart {
  readonly percentile: string
  readonly limitMs: number
  readonly subtitle: string
  /** the one with the least headroom first */
  readonly curves: readonly HeadroomCurve[]
}

const COLORS = [LIGHT.simulated, LIGHT.queue, LIGHT.prediction] as const
const LABELS = 60

/** A latency percentile by load for several kinds of traffic, and where each reaches the limit. */
export function headroomChart(chart: HeadroomChart): TopLevelSpec {
  const height = 360
  const { curves, limitMs, percentile } = chart
  const times = curves.flatMap(({ points }) => points.map(({ ms }) => ms))
  const y = [Math.min(...times, limitMs) / 1.3, Math.max(...times, limitMs) * 1.3] as const
  const wide = plotWidth(WIDE, LABELS)
  const encoding = {
    x: linear('load', [0, 1], {
      title: 'mean load',
      labelExpr: PERCENT,
      tickCount: 10,
    }),
    y: latencies('ms', y, `${percentile} latency`),
  }
  const colored = curves.map((curve, i) => ({ ...curve, color: COLORS[i % COLORS.length]! }))
  const lines = colored.map(
    ({ points, color }): Layer => ({
      data: { values: points },
      mark: { type: 'line', color, strokeWidth: 2.4 },
      encoding,
    }),
  )
  const crossings = colored.map(
    ({ headroom, color }): Layer => ({
      data: { values: [{ load: 1 - headroom, ms: limitMs }] },
      mark: { type: 'point', filled: true, opacity: 1, size: 70, color },
      encoding,
    }),
  )
  const ends = colored.map(({ name: text, points, color }) => {
    const { load, ms } = points.at(-1)!
    return { text, color, x: wide * load + 8, y: pixel(ms, y, height, true) }
  })
  const limit = pixel(limitMs, y, height, true)
  const limitText = `${percentile} < ${time(limitMs)}`
  return {
    ...frame(finding(chart), chart.subtitle, WIDE),
    width: wide,
    height,
    layer: [
      ...lines,
      levelLine(limit, LIGHT.limit),
      ...labels([{ x: wide * 0.3, y: limit - 9, text: limitText, color: LIGHT.limit }], {
        align: 'left',
      }),
      ...crossings,
      ...endLabels(ends, height, { bold: true }),
    ],
  }
}

/** "For p99 < 2 s at equal mean load conv needs 27 %, code needs 93 % of the pool idle". */
function finding({ percentile, limitMs, curves }: HeadroomChart): string {
  const needs = curves.map(({ name, headroom }) => `${name} needs ${fixed(100 * headroom, 0)} %`)
  return `For ${percentile} < ${time(limitMs)} at equal mean load ${needs.join(', ')} of the pool idle`
}
