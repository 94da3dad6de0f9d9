import type { TopLevelSpec } from 'vega-lite'
import type { Sweep } from '../../../sim/documents/index.ts'
import { count, time } from '../../format.ts'
import { frame, keyWords, narrow, plotWidth } from '../frame.ts'
import { COLOR, linear } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LIGHT } from '../theme.ts'
import {
  labelExpression,
  latencyRange,
  type Point,
  pathNames,
  pointsOf,
  sweepSubject,
  thinned,
  verdictKey,
} from './sweep-marks.ts'

const TEXT_SIZE = LABEL_SIZE - 1
/** Shades from the lowest to the highest latency; text stays readable on all of them. */
const SHADES = [0.1, 0.42] as const

/** A cell for each combination of two dimensions; null for any other number of them. */
export function sweepHeat(sweep: Sweep, width: number): TopLevelSpec | null {
  const { grid, rows } = sweep
  if (grid?.length !== 2 || rows.length < grid[0]!.length * grid[1]!.length) return null
  const points = pointsOf(sweep)
  const range = latencyRange(points, null)
  if (range === null) return null
  // the dimension with more values along the longer side
  const along = grid[1]!.length >= grid[0]!.length ? 1 : 0
  const up = 1 - along
  const [xs, ys] = [grid[along]!, grid[up]!]
  const names = pathNames(sweep)
  const cell = Math.min(38, Math.max(12, Math.floor(420 / ys.length)))
  const height = cell * ys.length
  const wide = plotWidth(width)
  const [least, most] = range.map(Math.log)
  const cells = points.map(({ row, ms, end, color }) => {
    const [x, y] = [xs.indexOf(row.values[along]!), ys.indexOf(row.values[up]!)]
    const share = ms === null ? 1 : (Math.log(ms) - least!) / (most! - least!)
    const text = ms === null ? (row.figures === null ? '' : '×') : time(ms)
    const opacity = row.figures === null ? 0.5 : SHADES[0] + share * (SHADES[1] - SHADES[0])
    return { x, x2: x + 0.96, y, y2: y + 0.94, color, opacity, text, end }
  })
  const widest = Math.max(...cells.map(({ text }) => textWidth(text, TEXT_SIZE)))
  const texts = widest + 6 < wide / xs.length && cell >= 16 ? cells : []
  const x = linear('x', [0, xs.length], {
    ...axisOf(names[along]!, xs, width),
    values: thinned(xs, wide).map((i) => i + 0.5),
    labelExpr: labelExpression(xs, width).replace('datum.value', 'datum.value - 0.5'),
  })
  const y = linear('y', [0, ys.length], {
    ...axisOf(names[up]!, ys, width),
    values: ys.map((_, i) => i + 0.5),
    labelExpr: labelExpression(ys, width).replace('datum.value', 'datum.value - 0.5'),
    labelOverlap: 'greedy',
  })
  const dark = texts.length > 0 ? 'in each cell the latency' : 'darker: higher latency'
  const lost = points.some(({ ms, row }) => ms === null && row.figures !== null)
  const subtitle = [
    sweepSubject(sweep),
    `${sweep.figure.class} ${sweep.figure.text}`,
    dark,
    ...(lost ? ['×: infinite or not known'] : []),
  ].join(' · ')
  return {
    ...frame(finding(sweep, points, names), subtitle, width),
    width: wide,
    height,
    layer: [
      {
        data: { values: cells },
        mark: { type: 'rect' },
        encoding: {
          x,
          x2: { field: 'x2' },
          y,
          y2: { field: 'y2' },
          color: COLOR,
          opacity: { field: 'opacity', type: 'quantitative', scale: null },
        },
      },
      {
        data: {
          values: texts.map((label) => ({
            text: label.text,
            end: label.end,
            x: label.x + 0.48,
            y: label.y + 0.47,
          })),
        },
        mark: { type: 'text', fontSize: TEXT_SIZE, color: LIGHT.ink },
        encoding: { x, y, text: { field: 'text' } },
      },
      ...keyWords(verdictKey(points), width),
    ],
  }
}

const axisOf = (title: string, values: readonly string[], width: number) => ({
  title,
  grid: false,
  tickCount: values.length,
  ...(narrow(width) ? { labelFontSize: 10 } : {}),
})

function finding({ counts }: Sweep, points: readonly Point[], names: readonly string[]): string {
  const of = `${count(points.length)} combinations of ${names.join(' and ')}`
  if (counts.not_judged > 0) return `Latency over ${of}`
  if (counts.PASS === 0) return `None of ${of} certainly holds every objective`
  if (counts.PASS === points.length) return `All ${of} hold every objective`
  const hold = counts.PASS === 1 ? 'holds' : 'hold'
  return `${count(counts.PASS)} of ${of} ${hold} every objective`
}
