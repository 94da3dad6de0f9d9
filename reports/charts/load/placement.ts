import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, PERCENT, plotWidth, WIDE } from '../frame.ts'
import { endLabels, linear, pixel } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** A share of requests with its interval. */
interface Share {
  readonly good: number
  readonly low: number
  readonly high: number
}

export interface PlacementChart {
  readonly title: string
  readonly subtitle: string
  /** a line for each size of the edge, by the length from which on prompts go to the centre */
  readonly edges: readonly {
    readonly name: string
    readonly points: readonly (Share & { readonly threshold: number })[]
  }[]
  /** everything in the centre, for each size of it */
  readonly centres: readonly (Share & { readonly name: string })[]
}

const COLORS = [LIGHT.queue, LIGHT.prediction, LIGHT.simulated] as const
/** Space for the names of the lines, px. */
const LABELS = 190

/** Requests in time by the threshold between edge and centre; the centre alone as level lines. */
export function placementChart(chart: PlacementChart): TopLevelSpec {
  const height = 360
  const { edges, centres } = chart
  const points = edges.flatMap(({ points }) => points)
  const low = Math.min(...points.map((point) => point.low), ...centres.map((centre) => centre.low))
  const domain = [Math.max(0, Math.floor(20 * low) / 20), 1] as const
  const thresholds = points.map(({ threshold }) => threshold)
  const [from, to] = [Math.min(...thresholds), Math.max(...thresholds)]
  const wide = plotWidth(WIDE, LABELS)
  const axis = { title: 'longest prompt at the edge, tokens', tickCount: 8 }
  const x = linear('threshold', [from, to], axis)
  const y = linear('good', domain, { title: 'requests in time', labelExpr: PERCENT })
  const colored = edges.map((edge, i) => ({ ...edge, color: COLORS[i % COLORS.length]! }))
  const lines = colored.flatMap(({ points: values, color }): Layer[] => [
    {
      data: { values },
      mark: { type: 'rule', color, opacity: 0.5 },
      encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } },
    },
    { data: { values }, mark: { type: 'line', color, strokeWidth: 2.2 }, encoding: { x, y } },
    {
      data: { values },
      mark: { type: 'point', filled: true, opacity: 1, size: 46, color },
      encoding: { x, y },
    },
  ])
  const levels = centres.map(
    ({ good }): Layer => ({
      data: { values: [from, to].map((threshold) => ({ threshold, good })) },
      mark: { type: 'line', color: LIGHT.ink, strokeWidth: 1.4, strokeDash: [6, 4] },
      encoding: { x, y },
    }),
  )
  const ends = [
    ...colored.map(({ name, points, color }) => ({ name, good: points.at(-1)!.good, color })),
    ...centres.map(({ name, good }) => ({ name, good, color: LIGHT.ink })),
  ].map(({ name: text, good, color }) => ({
    text,
    color,
    x: wide + 9,
    y: pixel(good, domain, height),
  }))
  return {
    ...frame(chart.title, chart.subtitle, WIDE),
    width: wide,
    height,
    layer: [...levels, ...lines, ...endLabels(ends, height)],
  }
}
