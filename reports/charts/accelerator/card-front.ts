import type { TopLevelSpec } from 'vega-lite'
import { frame, keyWords, type Layer, logTicks, plotWidth, WIDE } from '../frame.ts'
import { labels, latencies, logarithmic } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Cost and p99 of a number of cards at a precision. */
interface CardPoint {
  /** "2 × l4, int8" */
  readonly name: string
  /** "2 × l4", written at the point where it is not on the front; null: not named there */
  readonly short: string | null
  /** as a key of the chart */
  readonly kind: string
  readonly usdPerHour: number
  readonly p99Ms: number
  /** whether its efficiencies are fitted to measurements of this card; else they are assumed */
  readonly fitted: boolean
}

export interface CardFrontChart {
  readonly title: string
  readonly subtitle: string
  readonly points: readonly CardPoint[]
}

const COLORS = [LIGHT.simulated, LIGHT.measured, LIGHT.prediction] as const

/** A smaller gain of p99 is no reason to pay more: a run has about such noise. */
export const LEAST_GAIN = 0.05

/** By rising cost, the points whose p99 is lower by `LEAST_GAIN` than that of each cheaper one. */
export function frontOf<T extends Pick<CardPoint, 'usdPerHour' | 'p99Ms'>>(
  points: readonly T[],
): T[] {
  const sorted = [...points].sort((a, b) => a.usdPerHour - b.usdPerHour || a.p99Ms - b.p99Ms)
  let best = Number.POSITIVE_INFINITY
  return sorted.filter(({ p99Ms }) => {
    if (p99Ms > best * (1 - LEAST_GAIN)) return false
    best = p99Ms
    return true
  })
}

/** Cost and p99 of cards, with the front of those that none cheaper beats. */
export function cardFrontChart(chart: CardFrontChart): TopLevelSpec {
  const { points } = chart
  const height = 340
  const wide = plotWidth(WIDE)
  const kinds = [...new Set(points.map(({ kind }) => kind))]
  const colorOf = ({ kind }: CardPoint) => COLORS[kinds.indexOf(kind) % COLORS.length]!
  const range = (values: readonly number[]) =>
    [Math.min(...values) / 1.25, Math.max(...values) * 1.25] as const
  const costs = range(points.map(({ usdPerHour }) => usdPerHour))
  const times = range(points.map(({ p99Ms }) => p99Ms))
  const x = logarithmic('usdPerHour', costs, {
    title: 'cost (US dollars an hour, log scale)',
    values: logTicks(...costs),
    format: '$~f',
    grid: false,
  })
  const y = latencies('p99Ms', times, 'p99')
  const front = frontOf(points)
  const line: Layer = {
    data: { values: front.map(({ usdPerHour, p99Ms }) => ({ usdPerHour, p99Ms })) },
    mark: { type: 'line', interpolate: 'step-after', color: LIGHT.ink, opacity: 0.5 },
    encoding: { x, y },
  }
  const dots = points.map((point): Layer => {
    const color = colorOf(point)
    return {
      data: { values: [{ usdPerHour: point.usdPerHour, p99Ms: point.p99Ms }] },
      mark: {
        type: 'point',
        filled: true,
        opacity: front.includes(point) ? 1 : 0.55,
        fill: point.fitted ? color : LIGHT.paper,
        stroke: color,
        strokeWidth: 1.5,
        size: 55,
      },
      encoding: { x, y },
    }
  })
  const along = (value: number, [low, high]: readonly [number, number]) =>
    Math.log(value / low) / Math.log(high / low)
  const place = ({ usdPerHour, p99Ms }: CardPoint) => {
    return { x: wide * along(usdPerHour, costs), y: height * (1 - along(p99Ms, times)) }
  }
  const others = points.flatMap((point) => {
    if (point.short === null || front.includes(point)) return []
    const text = { text: point.short, color: LIGHT.muted }
    return labels([{ ...place(point), ...text }], { align: 'left', dx: 5, dy: -12 })
  })
  const names = front.flatMap((point) => {
    const at = place(point)
    const right = at.x > 0.75 * wide
    const side = { align: right ? 'right' : 'left', dx: right ? -4 : 6, dy: 13 } as const
    return labels([{ ...at, text: point.name, color: colorOf(point) }], side)
  })
  const keys = kinds.map((name, i) => ({ name, color: COLORS[i % COLORS.length]! }))
  return {
    ...frame(chart.title, chart.subtitle, WIDE),
    width: wide,
    height,
    layer: [line, ...others, ...dots, ...names, ...keyWords(keys, WIDE)],
  }
}
