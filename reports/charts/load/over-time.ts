import { mean } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { figure } from '../../format.ts'
import { frame, type Layer, narrow, plotWidth, type Sides } from '../frame.ts'
import { endLabels, levelLine, linear, pixel, runTime } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE } from '../theme.ts'
import { midpoints } from './time-panels.ts'

/** One value for each bucket of a run, from its start; null for a bucket without one. */
export interface Line {
  readonly name: string
  readonly color: string
  readonly values: readonly (number | null)[]
  /** px; thin lines are background, without a label */
  readonly thickness?: number
  readonly label?: boolean
}

interface TimeChart {
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
  const names = lineNames(chart)
  const room = Math.max(0, ...names.map(({ text }) => textWidth(text, LABEL_SIZE)))
  const wide = plotWidth(width, room)
  const buckets = Math.max(1, ...lines.map(({ values }) => values.length))
  const x = runTime(buckets * bucketS, narrow(width) ? 4 : 8)
  const y = linear('y', [low, high], { title: yTitle, tickCount: 5 })
  const at = (value: number) => pixel(value, [low, high], height)
  const drawn = lines.map(
    ({ values, color, thickness = 2 }): Layer => ({
      data: { values: midpoints(values, bucketS) },
      mark: { type: 'line', color, strokeWidth: thickness, opacity: thickness < 1.5 ? 0.6 : 1 },
      encoding: { x, y },
    }),
  )
  const ends = names.map(({ value, ...name }) => ({ ...name, x: wide, y: at(value) }))
  return {
    ...frame(title, subtitle, width),
    width: wide,
    height,
    layer: [
      ...(level ? [levelLine(at(level.y), level.color)] : []),
      ...drawn,
      ...endLabels(ends, height - 4, { dx: 6 }),
    ],
  }
}

/**
 * For the subtitle, where a queue is left at the end of the traffic that takes longer to serve than
 * one interval: charts over time end with the traffic.
 */
export function untilTheEnd(sides: Sides): string {
  const left = sides.flatMap(({ name, result: { series } }) => {
    const { queue_mean, served_rps, wasted_rps } = series
    const waiting = queue_mean.at(-1) ?? 0
    const rate = (served_rps.at(-1) ?? 0) + (wasted_rps.at(-1) ?? 0)
    return waiting > Math.max(1, rate * series.bucket_s) ? [`${figure(waiting)} ${name}`] : []
  })
  if (left.length === 0) return ''
  return ` · drawn until the traffic ends, with about ${left.join(' and ')} requests still waiting`
}

/** All values and the range to cover; with a margin where a value, not a bound, is outermost. */
function range({ lines, level, cover }: TimeChart): [number, number] {
  const values = lines.flatMap((line) => line.values.filter((value) => value !== null))
  const heights = level ? [...values, level.y] : values
  const high = Math.max(...heights, cover[1])
  const low = Math.min(...heights, cover[0])
  const margin = 0.08 * (high - low)
  return [low < cover[0] ? low - margin : low, high > cover[1] ? high + margin : high]
}

/** Names of lines and level, at the mean of the last values. */
function lineNames({ lines, level }: TimeChart) {
  const named = lines.flatMap(({ label = true, name: text, color, values }) => {
    const last = values.filter((value) => value !== null).slice(-3)
    return label && last.length > 0 ? [{ text, color, value: mean(last) }] : []
  })
  if (level) named.push({ text: level.name, color: level.color, value: level.y })
  return named
}
