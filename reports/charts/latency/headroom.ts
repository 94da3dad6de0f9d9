import type { TopLevelSpec } from 'vega-lite'
import { fixed, time } from '../../format.ts'
import {
  dodge,
  frame,
  type Layer,
  labels,
  logTicks,
  narrow,
  PERCENT,
  pixel,
  plotWidth,
  WIDE,
} from '../frame.ts'
import { LIGHT } from '../theme.ts'

/** The tail of one kind of traffic by load, and the highest load that meets a limit. */
export interface HeadroomCurve {
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
export function headroomChart(chart: HeadroomChart, width = WIDE): TopLevelSpec {
  const height = narrow(width) ? 260 : 360
  const { curves, limitMs, percentile } = chart
  const all = curves.flatMap(({ points }) => points.map(({ ms }) => ms))
  const y = [Math.min(...all, limitMs) / 1.3, Math.max(...all, limitMs) * 1.3] as const
  const wide = plotWidth(width, LABELS)
  const encoding = {
    x: {
      field: 'load',
      type: 'quantitative' as const,
      scale: { domain: [0, 1], nice: false },
      axis: { title: 'mean load', labelExpr: PERCENT, tickCount: narrow(width) ? 5 : 10 },
    },
    y: {
      field: 'ms',
      type: 'quantitative' as const,
      scale: { type: 'log' as const, domain: [...y], nice: false },
      axis: {
        title: `${percentile} latency (ms, log scale)`,
        values: logTicks(y[0], y[1]),
        format: ',~g',
      },
    },
  }
  const lines = curves.map(
    ({ points }, i): Layer => ({
      data: { values: points },
      mark: { type: 'line', color: COLORS[i % COLORS.length]!, strokeWidth: 2.4 },
      encoding,
    }),
  )
  const crossings = curves.map(
    ({ headroom }, i): Layer => ({
      data: { values: [{ load: 1 - headroom, ms: limitMs }] },
      mark: {
        type: 'point',
        filled: true,
        opacity: 1,
        size: 70,
        color: COLORS[i % COLORS.length]!,
      },
      encoding,
    }),
  )
  const ends = curves.map(({ name, points }, i) => {
    const at = pixel(points.at(-1)!.ms, y, height, true)
    return {
      x: wide * points.at(-1)!.load + 8,
      y: at,
      text: name,
      color: COLORS[i % COLORS.length]!,
    }
  })
  const apart = dodge(
    ends.map((end) => end.y),
    15,
    4,
    height,
  )
  const limit = {
    x: wide * 0.3,
    y: pixel(limitMs, y, height, true) - 9,
    text: `${percentile} < ${time(limitMs)}`,
    color: LIGHT.limit,
  }
  const rule: Layer = {
    data: { values: [{}] },
    mark: { type: 'rule', color: LIGHT.limit, strokeDash: [5, 3], strokeWidth: 1.2 },
    encoding: { y: { value: limit.y + 9 }, x: { value: 0 }, x2: { value: 'width' } },
  }
  return {
    ...frame(finding(chart), chart.subtitle, width),
    width: wide,
    height,
    layer: [
      ...lines,
      rule,
      ...labels([limit], { align: 'left' }),
      ...crossings,
      ...labels(
        ends.map((end, i) => ({ ...end, y: apart[i]! })),
        { align: 'left', bold: true },
      ),
    ],
  }
}

/** "For p99 < 2 s at equal mean load conv needs 27 %, code needs 93 % of the pool idle". */
function finding({ percentile, limitMs, curves }: HeadroomChart): string {
  const told = curves.map(({ name, headroom }) => `${name} needs ${fixed(100 * headroom, 0)} %`)
  return `For ${percentile} < ${time(limitMs)} at equal mean load ${told.join(', ')} of the pool idle`
}
