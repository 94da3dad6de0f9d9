import type { TopLevelSpec } from 'vega-lite'
import type { TailPoint } from '../../../sim/documents/index.ts'
import { time } from '../../format.ts'
import { frame, keyWords, type Layer, largest, narrow, plotWidth } from '../frame.ts'
import { type Limit, limitLines } from '../load/limits.ts'
import { latencies } from '../plot.ts'
import { LINE_STYLES } from '../theme.ts'
import { curvePoints, FIRST, percentiles } from './tail-axis.ts'
import { nines } from './tail-finding.ts'

/** The tail of one of several systems. */
interface NamedTail {
  readonly name: string
  readonly tail: readonly TailPoint[]
}

interface ComparedTails {
  /** at most as many as there are `LINE_STYLES` */
  readonly tails: readonly NamedTail[]
  readonly limits: readonly Limit[]
  /** whether requests were lost: curves are of served requests then */
  readonly lost: boolean
  readonly title: string
  readonly subtitle: string
}

/** Tails of several systems in one chart, a colour each; null where none has a curve. */
export function comparedTails(chart: ComparedTails, width: number): TopLevelSpec | null {
  const curves = chart.tails.map(({ name, tail }, i) => ({
    name,
    style: LINE_STYLES[i]!,
    points: curvePoints(tail),
  }))
  const points = curves.flatMap((curve) => curve.points)
  if (points.length === 0) return null
  const height = narrow(width) ? 260 : 360
  const values = [
    ...points.map(({ value }) => value),
    ...chart.limits.map(({ limitMs }) => limitMs),
  ]
  const domain = [Math.min(...values) / 1.2, Math.max(...values) * 1.2] as const
  const last = Math.max(0.9, ...points.map(({ p }) => p))
  const x = percentiles([nines(FIRST), nines(last)], chart.lost)
  const y = latencies('value', domain)
  const layers = curves.map(
    ({ points, style }, i): Layer => ({
      data: { values: points.map(({ p, value }) => ({ x: nines(p), value })) },
      mark: {
        type: 'line',
        strokeWidth: i === 0 ? 2.8 : 2,
        color: style.color,
        strokeDash: [...style.strokeDash],
      },
      encoding: { x, y },
    }),
  )
  const keys = curves.map(({ name, style }) => ({ name, color: style.color }))
  return {
    ...frame(chart.title, chart.subtitle, width),
    width: plotWidth(width),
    height,
    layer: [...layers, ...limitLines(chart.limits, { domain, height }), ...keyWords(keys, width)],
  }
}

/**
 * The systems with the lowest and the highest latency at the last percentile that all support.
 * Where requests were `lost`, the title says that it is one of the served requests: over all
 * arrivals it may be infinite.
 */
export function tailsFinding(
  tails: readonly (Pick<NamedTail, 'tail'> & {
    /** "with batch-8" */
    readonly phrase: string
    /** the figure of the tables at a level; the curve has another mean over runs */
    readonly figure?: (p: number) => number | null
  })[],
  lost: boolean,
): string {
  const curves = tails.map(({ tail, ...system }) => ({ ...system, points: curvePoints(tail) }))
  const shared = Math.min(...curves.map(({ points }) => points.at(-1)?.p ?? 0))
  const level = [0.99, 0.95, 0.9, 0.5].find((p) => p <= shared + 1e-9)
  if (level === undefined) return 'Too few requests to tell the tails apart'
  const at = curves.map(({ phrase, points, figure }) => ({
    phrase,
    value: figure?.(level) ?? points.find(({ p }) => p >= level - 1e-9)!.value,
  }))
  const least = largest(at, ({ value }) => -value)!
  const most = largest(at, ({ value }) => value)!
  const label = `p${100 * level}${lost ? ' of the served requests' : ''}`
  if (most.value / least.value < 1.02) return `${label} of all variants is within 2 %`
  return `${label} is ${time(least.value)} ${least.phrase} and ${time(most.value)} ${most.phrase}`
}
