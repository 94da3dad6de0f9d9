import type { TopLevelSpec } from 'vega-lite'
import {
  frame,
  keyWords,
  type Layer,
  median,
  narrow,
  plotWidth,
} from '../../reports/charts/frame.ts'
import { heatQuantile } from '../../reports/charts/latency/heat-quantile.ts'
import { type Limit, limitLines } from '../../reports/charts/load/limits.ts'
import { latencies, runTime } from '../../reports/charts/plot.ts'
import { LIGHT, LINE_STYLES } from '../../reports/charts/theme.ts'
import { count, percentileName, time } from '../../reports/format.ts'
import type { Series } from '../../sim/documents/index.ts'
import { joined } from './answers.ts'

interface LatencyLine {
  readonly label: string
  readonly phrase: string
  readonly series: Series
}

export interface LatencyLines {
  readonly subtitle: string
  /** 0.5 for the median */
  readonly p: number
  readonly limits: readonly Limit[]
  readonly lines: readonly LatencyLine[]
}

const nameOf = (p: number) => (p === 0.5 ? 'median latency' : `${percentileName(p)} latency`)

/** A percentile of the latency of completed requests over time, by their arrival. */
export function latencyLines(chart: LatencyLines, width: number): TopLevelSpec {
  const { lines, limits, p } = chart
  const height = narrow(width) ? 220 : 260
  const drawn = lines.map((line, i) => ({ ...line, style: LINE_STYLES[i]!, points: points(line, p) }))
  const values = drawn.flatMap((line) => line.points.map(({ y }) => y))
  const all = [...values, ...limits.map(({ limitMs }) => limitMs)]
  const domain = [Math.min(...all) / 1.3, Math.max(...all) * 1.3] as const
  const { bucket_s, heat } = lines[0]!.series
  const x = runTime(heat.counts.length * bucket_s)
  const y = latencies('y', domain, nameOf(p))
  const alone = lines.length === 1
  const layers = drawn.map(({ points: own, style }, i): Layer => {
    const color = alone ? LIGHT.simulated : style.color
    const strokeWidth = i === 0 ? 2.4 : 2
    return {
      data: { values: own },
      mark: { type: 'line', color, strokeWidth, strokeDash: [...style.strokeDash] },
      encoding: { x, y },
    }
  })
  const keys = drawn.map(({ label, style }) => ({ name: label, color: style.color }))
  return {
    ...frame(finding(chart), chart.subtitle, width),
    width: plotWidth(width),
    height,
    layer: [
      ...layers,
      ...limitLines(limits, { domain, height }),
      ...(alone ? [] : keyWords(keys, width)),
    ],
  }
}

function points({ series: { heat, bucket_s } }: LatencyLine, p: number) {
  return heat.counts.flatMap((bucket, i) => {
    const y = heatQuantile(bucket, heat.latency_edges, p)
    return y === null ? [] : [{ x: (i + 0.5) * bucket_s, y }]
  })
}

/** When the only line was worst; or how far each line rises. */
function finding({ lines, p }: LatencyLines): string {
  const peaks = lines.map((line) => {
    const own = points(line, p)
    const most = Math.max(...own.map(({ y }) => y))
    const at = own.find(({ y }) => y === most)!.x
    return { ...line, most, at, middle: median(own.map(({ y }) => y))! }
  })
  const [first] = peaks
  if (peaks.length === 1) {
    const { at, most, middle } = first!
    return `${percentileName(p)} is worst at ${count(at)} s: ${time(most)}, against ${time(middle)} in the usual interval`
  }
  const texts = peaks.map(({ phrase, most }) => `${time(most)} ${phrase}`)
  return `The ${nameOf(p)} reaches ${joined(texts)}`
}
