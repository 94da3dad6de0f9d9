import type { TopLevelSpec } from 'vega-lite'
import { dodge, frame, type Layer, labels, narrow, pixel, plotWidth } from '../frame.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'

/** One value for each bucket of a run, from its start; null for a bucket without one. */
export interface Line {
  readonly name: string
  readonly color: string
  readonly values: readonly (number | null)[]
  /** px; thin lines are background, without a label */
  readonly thickness?: number
  readonly label?: boolean
}

export interface TimeChart {
  readonly title: string
  readonly subtitle: string
  readonly width: number
  readonly bucketS: number
  readonly yTitle: string
  /** the axis covers at least this range */
  readonly cover: readonly [number, number]
  readonly lines: readonly Line[]
  /** a reference level for the values */
  readonly level?: { readonly y: number; readonly name: string; readonly color: string }
}

/** Lines over the time of a run, each with its name at its end. */
export function timeChart(chart: TimeChart): TopLevelSpec {
  const { title, subtitle, width, bucketS, yTitle, lines, level } = chart
  const height = narrow(width) ? 180 : 220
  const [low, high] = range(chart)
  const ends = endLabels(chart, [low, high], height)
  const room = Math.max(0, ...ends.map(({ text }) => textWidth(text, LABEL_SIZE)))
  const wide = plotWidth(width, room)
  const buckets = Math.max(1, ...lines.map(({ values }) => values.length))
  const end = buckets * bucketS
  const x = {
    field: 'x',
    type: 'quantitative' as const,
    scale: { domain: [0, end], nice: false },
    axis: {
      title: 'time since the start (s)',
      tickCount: narrow(width) ? 4 : 8,
      grid: false,
    },
  }
  const y = {
    field: 'y',
    type: 'quantitative' as const,
    scale: { domain: [low, high], nice: false, zero: false },
    axis: { title: yTitle, tickCount: 5 },
  }
  const drawn = lines.map(
    ({ values, color, thickness = 2 }): Layer => ({
      data: { values: values.map((value, i) => ({ x: (i + 0.5) * bucketS, y: value })) },
      mark: { type: 'line', color, strokeWidth: thickness, opacity: thickness < 1.5 ? 0.6 : 1 },
      encoding: { x, y },
    }),
  )
  const labelled = ends.map((label) => ({ ...label, x: wide }))
  return {
    ...frame(title, subtitle, width),
    width: wide,
    height,
    layer: [
      ...(level ? [levelLine(level.color, pixel(level.y, [low, high], height))] : []),
      ...drawn,
      ...labels(labelled, { align: 'left', dx: 6 }),
    ],
  }
}

/** All values and the range to cover; with a margin where a value, not a bound, is outermost. */
function range({ lines, level, cover }: TimeChart): [number, number] {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null))
  const all = level ? [...values, level.y] : values
  const high = Math.max(...all, cover[1])
  const low = Math.min(...all, cover[0])
  const margin = 0.08 * (high - low)
  return [low < cover[0] ? low - margin : low, high > cover[1] ? high + margin : high]
}

/** Names at the heights of the line ends, moved apart if they would overlap. */
function endLabels({ lines, level }: TimeChart, domain: [number, number], height: number) {
  const named = lines.flatMap(({ label = true, name, color, values }) => {
    const last = values.filter((value) => value !== null).slice(-3)
    if (!label || last.length === 0) return []
    const mean = last.reduce((sum, value) => sum + value, 0) / last.length
    return [{ text: name, color, at: pixel(mean, domain, height) }]
  })
  if (level) {
    named.push({ text: level.name, color: level.color, at: pixel(level.y, domain, height) })
  }
  const heights = named.map(({ at }) => at)
  const ys = dodge(heights, 15, 4, height - 4)
  return named.map(({ text, color }, i) => ({ text, color, y: ys[i]! }))
}

function levelLine(color: string, y: number): Layer {
  return {
    data: { values: [{}] },
    mark: {
      type: 'rule',
      color,
      strokeWidth: 1.2,
      ...(color === LIGHT.limit && { strokeDash: [5, 3] }),
    },
    encoding: { y: { value: y }, x: { value: 0 }, x2: { value: 'width' } },
  }
}
