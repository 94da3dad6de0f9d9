import type { TopLevelSpec } from 'vega-lite'
import type { Sweep } from '../../../sim/documents/index.ts'
import { exactText, time } from '../../format.ts'
import { valuesText } from '../../tables/sweep-rows.ts'
import { frame, keyWords, type Layer, largest, narrow, plotWidth } from '../frame.ts'
import { COLOR, endLabels, latencies, linear, pixel } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LINE_STYLES } from '../theme.ts'
import {
  labelExpression,
  latencyRange,
  limitLayers,
  type Point,
  pathNames,
  pointsOf,
  sweepSubject,
  thinned,
  verdictKey,
} from './sweep-marks.ts'

/** Lines of a chart; of more values, some are drawn. */
const MOST_LINES = 6

/** The dimension along the axis, and a line for each combination of the others. */
interface Layout {
  readonly axis: { readonly name: string; readonly values: readonly string[] }
  /** names of the dimensions that differ from line to line */
  readonly others: readonly string[]
  readonly lines: readonly Line[]
  readonly left: number
}

interface Line {
  readonly name: string
  /** the name without its paths */
  readonly values: string
  readonly points: readonly (Point & { readonly x: number })[]
}

/** The latency along one dimension, with a line for each value of the others. */
export function sweepLines(sweep: Sweep, width: number): TopLevelSpec | null {
  const points = pointsOf(sweep)
  const y = latencyRange(points, sweep.figure.limit_ms)
  if (y === null) return null
  const { axis, others, lines, left } = layoutOf(sweep, points)
  const height = narrow(width) ? 250 : 330
  const several = lines.length > 1
  // a narrow picture has room for the values alone
  const label = ({ name, values }: Line) => (narrow(width) ? values : name)
  const room = several ? Math.max(...lines.map((line) => textWidth(label(line), LABEL_SIZE))) : 0
  const wide = plotWidth(width, room)
  const x = linear('x', [-0.4, axis.values.length - 0.6], {
    title: axis.name,
    values: thinned(axis.values, wide),
    labelExpr: labelExpression(axis.values, width),
    grid: false,
  })
  const encoding = {
    x,
    y: latencies('ms', y, `${sweep.figure.text.replace(' latency_ms', '')} latency`),
  }
  const ends = lines.flatMap((line, i) => {
    const last = line.points.filter(({ ms }) => ms !== null).at(-1)
    if (last === undefined) return []
    const at = ((last.x + 0.4) / (axis.values.length - 0.2)) * wide
    return [
      { x: at, y: pixel(last.ms!, y, height, true), text: label(line), color: styleOf(i).color },
    ]
  })
  const unknown = points.some(({ ms }) => ms === null)
  const subtitle = [
    sweepSubject(sweep),
    'interval: 95 %',
    ...(several && narrow(width) ? [`at the lines: ${others.join(', ')}`] : []),
    ...(left > 0 ? [`${left} further lines in the table`] : []),
    ...(unknown ? ['× at the top: infinite or not known'] : []),
  ].join(' · ')
  return {
    ...frame(finding(sweep, points, axis), subtitle, width),
    width: wide,
    height,
    layer: [
      ...lines.map((line, i) => strokeOf(line, i, encoding)),
      ...lines.flatMap((line) => marksOf(line, encoding, x)),
      ...limitLayers(sweep, y, height),
      ...(several ? endLabels(ends, height - 4, { dx: 12 }) : []),
      ...keyWords(verdictKey(points), width),
    ],
  }
}

type Encoding = {
  readonly x: ReturnType<typeof linear>
  readonly y: ReturnType<typeof latencies>
}

/** Colour and dashes of a line, which its name has, too. */
const styleOf = (i: number) => LINE_STYLES[i % LINE_STYLES.length]!

function strokeOf({ points }: Line, i: number, encoding: Encoding): Layer {
  const values = points.filter(({ ms }) => ms !== null).map(({ x, ms }) => ({ x, ms }))
  const { color, strokeDash } = styleOf(i)
  return {
    data: { values },
    mark: { type: 'line', color, strokeWidth: 1.8, strokeDash: [...strokeDash] },
    encoding,
  }
}

function marksOf({ points }: Line, encoding: Encoding, x: Encoding['x']): Layer[] {
  const finite = points
    .filter(({ ms }) => ms !== null)
    .map(({ x: at, ms, low, high, color }) => ({ x: at, ms, low, high, color }))
  const infinite = points
    .filter(({ ms, row }) => ms === null && row.figures !== null)
    .map(({ x: at, color }) => ({ x: at, color }))
  return [
    {
      data: { values: finite },
      mark: { type: 'rule', strokeWidth: 2, opacity: 0.7 },
      encoding: {
        x,
        y: { ...encoding.y, field: 'low' },
        y2: { field: 'high' },
        color: COLOR,
      },
    },
    {
      data: { values: finite },
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { ...encoding, color: COLOR },
    },
    {
      data: { values: infinite },
      mark: { type: 'point', shape: 'cross', angle: 45, filled: true, size: 70, opacity: 1 },
      encoding: { x, y: { value: 4 }, color: COLOR },
    },
  ]
}

/** Of a grid, the dimension with the most values is the axis; a list is in its own order. */
function layoutOf(sweep: Sweep, points: readonly Point[]): Layout {
  const { grid } = sweep
  const names = pathNames(sweep)
  if (grid === null) {
    const [only] = names
    const values = points.map(({ row }) =>
      names.length === 1 ? row.values[0]! : String(row.configuration),
    )
    const name = names.length === 1 ? only! : 'configuration'
    const line = { name: '', values: '', points: points.map((point, x) => ({ ...point, x })) }
    return { axis: { name, values }, others: [], lines: [line], left: 0 }
  }
  const along = grid.indexOf(largest(grid, (values) => values.length)!)
  const groups = new Map<string, (Point & { readonly x: number })[]>()
  for (const point of points) {
    const fixed = point.row.values.flatMap((value, i) =>
      i === along ? [] : [`${names[i]} ${value}`],
    )
    const name = fixed.join(', ')
    const x = grid[along]!.indexOf(point.row.values[along]!)
    groups.set(name, [...(groups.get(name) ?? []), { ...point, x }])
  }
  const possible = [...groups].map(([name, group]) => ({
    name,
    values: group[0]!.row.values.filter((_, i) => i !== along).join(', '),
    points: group.sort((a, b) => a.x - b.x),
  }))
  const step = (possible.length - 1) / (MOST_LINES - 1)
  const lines =
    possible.length <= MOST_LINES
      ? possible
      : Array.from({ length: MOST_LINES }, (_, i) => possible[Math.round(i * step)]!)
  const axis = { name: names[along]!, values: grid[along]! }
  return {
    axis,
    others: names.filter((_, i) => i !== along),
    lines,
    left: possible.length - lines.length,
  }
}

/** From which value on all objectives hold, or the range of the latency. */
function finding(sweep: Sweep, points: readonly Point[], axis: Layout['axis']): string {
  const { grid, figure } = sweep
  if (grid?.length === 1 && points.length === axis.values.length) {
    const passes = points.map(({ end }) => end === 'PASS')
    const from = passes.lastIndexOf(false) + 1
    const to = passes.indexOf(false)
    if (from > 0 && from < passes.length && !passes.slice(0, from).includes(true)) {
      return `From ${axis.name} ${axis.values[from]} on every objective holds`
    }
    if (to > 0 && !passes.slice(to).includes(true)) {
      return `Up to ${axis.name} ${axis.values[to - 1]} every objective holds`
    }
  }
  const finite = points.filter(({ ms }) => ms !== null)
  const least = largest(finite, ({ ms }) => -ms!)!
  const most = largest(finite, ({ ms }) => ms!)!
  const text = ({ row, ms }: Point) => `${time(ms!)} (${valuesText(sweep, row)})`
  const limit =
    figure.limit_ms === null ? '' : `; the limit is ${exactText(figure.limit_ms, 'time')}`
  const range = least === most ? text(least) : `from ${text(least)} to ${text(most)}`
  return `${figure.text.replace(' latency_ms', '')} latency of ${figure.class} is ${range}${limit}`
}
