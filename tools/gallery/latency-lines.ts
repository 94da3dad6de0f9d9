import type { TopLevelSpec } from 'vega-lite'
import {
  frame,
  keyWords,
  type Layer,
  median,
  narrow,
  plotWidth,
} from '../../reports/charts/frame.ts'
import { latencyPoints } from '../../reports/charts/latency/latency-over-time.ts'
import type { Limit } from '../../reports/charts/load/limits.ts'
import { labels, latencies, levelLine, pixel, runTime } from '../../reports/charts/plot.ts'
import { LIGHT, LINE_STYLES } from '../../reports/charts/theme.ts'
import { count, listed, percentileName, time } from '../../reports/format.ts'
import type { Series } from '../../sim/documents/index.ts'

interface LatencyLine {
  readonly label: string
  readonly phrase: string
  readonly series: Series
}

export interface LatencyLines {
  readonly subtitle: string
  /** 0.5 for the median */
  readonly p: number
  readonly limit: Pick<Limit, 'limitMs' | 'text'>
  readonly lines: readonly LatencyLine[]
}

const nameOf = (p: number) => (p === 0.5 ? 'median latency' : `${percentileName(p)} latency`)

/** A percentile of the latency of completed requests over time, by their arrival. */
export function latencyLines(chart: LatencyLines, width: number): TopLevelSpec {
  const { lines, limit, p } = chart
  const height = narrow(width) ? 220 : 260
  const wide = plotWidth(width)
  const drawn = lines.map((line, i) => ({
    ...line,
    style: LINE_STYLES[i]!,
    points: latencyPoints(line.series, p),
  }))
  const values = [...drawn.flatMap((line) => line.points.map(({ y }) => y)), limit.limitMs]
  const domain = [Math.min(...values) / 1.3, Math.max(...values) * 1.3] as const
  const { bucket_s, heat } = lines[0]!.series
  const x = runTime(heat.counts.length * bucket_s)
  const y = latencies('y', domain, nameOf(p))
  const alone = lines.length === 1
  const layers = drawn.map(({ points, style }, i): Layer => {
    const color = alone ? LIGHT.simulated : style.color
    const strokeWidth = i === 0 ? 2.4 : 2
    return {
      data: { values: points },
      mark: { type: 'line', color, strokeWidth, strokeDash: [...style.strokeDash] },
      encoding: { x, y },
    }
  })
  const keys = drawn.map(({ label, style }) => ({ name: label, color: style.color }))
  const at = pixel(limit.limitMs, domain, height, true)
  const named = { x: wide - 4, y: at - 9, text: limit.text, color: LIGHT.limit }
  return {
    ...frame(finding(chart), chart.subtitle, width),
    width: wide,
    height,
    layer: [
      ...layers,
      levelLine(at, LIGHT.limit),
      ...labels([named], { align: 'right' }),
      ...(alone ? [] : keyWords(keys, width)),
    ],
  }
}

/** When the only line was worst; or how far each line rises. */
function finding({ lines, p }: LatencyLines): string {
  const peaks = lines.map(({ phrase, series }) => {
    const points = latencyPoints(series, p)
    const most = Math.max(...points.map(({ y }) => y))
    const at = points.find(({ y }) => y === most)!.x
    return { phrase, most, at, middle: median(points.map(({ y }) => y))! }
  })
  const [first] = peaks
  if (peaks.length === 1) {
    const { at, most, middle } = first!
    return `${percentileName(p)} is worst at ${count(at)} s: ${time(most)}, usually ${time(middle)}`
  }
  const texts = peaks.map(({ phrase, most }) => `${time(most)} ${phrase}`)
  return `The ${nameOf(p)} reaches ${listed(texts)}`
}
