import type { TopLevelSpec } from 'vega-lite'
import type { Sweep, SweepRow } from '../../../sim/documents/index.ts'
import { exactText } from '../../format.ts'
import { frame, type Layer, largest, narrow, plotWidth } from '../frame.ts'
import { endLabels, linear, pixel } from '../plot.ts'
import { textWidth } from '../text-width.ts'
import { LABEL_SIZE, LINE_STYLES } from '../theme.ts'
import { labelExpression, pathNames, sweepSubject, thinned } from './sweep-marks.ts'

/** Lines of a chart: as many as there are colours. */
const MOST_LINES = LINE_STYLES.length
const BATCH = /\.(max_batch|max_sequences)$/
const CARD = /\.(precision|accelerator)$/

interface Line {
  readonly name: string
  /** whether its times were measured on this card, at this precision and these batches */
  readonly measured: boolean
  readonly points: readonly { readonly x: number; readonly rps: number }[]
}

/**
 * The capacity along the batch sizes of a grid, with a line for each card and precision; null
 * without these dimensions. Lines whose times are transferred, extrapolated or declared are dashed.
 */
export function sweepThroughput(sweep: Sweep, width: number): TopLevelSpec | null {
  const { grid, paths } = sweep
  const along = paths.findIndex((path) => BATCH.test(path))
  if (grid === null || along < 0 || !paths.some((path) => CARD.test(path))) return null
  const possible = linesOf(sweep, grid[along]!, along)
  const lines = possible.slice(0, MOST_LINES)
  if (lines.length === 0 || lines.every(({ points }) => points.length < 2)) return null
  const values = grid[along]!
  const name = pathNames(sweep)[along]!
  const height = narrow(width) ? 250 : 330
  const room = Math.max(...lines.map((line) => textWidth(line.name, LABEL_SIZE)))
  const wide = plotWidth(width, Math.min(room, width / 2.5))
  const most = 1.1 * Math.max(...lines.flatMap(({ points }) => points.map(({ rps }) => rps)))
  const x = linear('x', [-0.4, values.length - 0.6], {
    title: name,
    values: thinned(values, wide),
    labelExpr: labelExpression(values, width),
    grid: false,
  })
  const y = linear('rps', [0, most], { title: 'capacity (requests/s)', tickCount: 5 })
  const ends = lines.map((line, i) => {
    const last = line.points.at(-1)!
    return {
      x: ((last.x + 0.4) / (values.length - 0.2)) * wide,
      y: pixel(last.rps, [0, most], height),
      text: line.name,
      color: LINE_STYLES[i]!.color,
    }
  })
  const left = possible.length - lines.length
  const subtitle = [
    sweepSubject(sweep),
    'capacity: full batches',
    ...(lines.some(({ measured }) => !measured)
      ? ['dashed: not measured there, but transferred, extrapolated or declared']
      : []),
    ...(left > 0 ? [`${left} further lines in the table`] : []),
  ].join(' · ')
  return {
    ...frame(finding(lines, { name, values }), subtitle, width),
    width: wide,
    height,
    layer: [
      ...lines.flatMap((line, i) => drawn(line, LINE_STYLES[i]!.color, { x, y })),
      ...endLabels(ends, height - 4, { dx: 12 }),
    ],
  }
}

/** The lines by their highest capacity, the highest first. */
function linesOf(sweep: Sweep, values: readonly string[], along: number): Line[] {
  const groups = new Map<string, SweepRow[]>()
  for (const row of sweep.rows) {
    if (row.figures?.capacity_rps == null) continue
    const name = row.values.filter((_, i) => i !== along).join(', ')
    groups.set(name, [...(groups.get(name) ?? []), row])
  }
  const lines = [...groups].map(
    ([name, rows]): Line => ({
      name,
      measured: rows.every(isMeasured),
      points: rows
        .map((row) => ({ x: values.indexOf(row.values[along]!), rps: row.figures!.capacity_rps! }))
        .sort((a, b) => a.x - b.x),
    }),
  )
  const highest = ({ points }: Line) => Math.max(...points.map(({ rps }) => rps))
  return lines.sort((a, b) => highest(b) - highest(a))
}

const isMeasured = ({ figures }: SweepRow) =>
  figures!.measured_times === true && figures!.extrapolated.length === 0

function drawn(
  { points, measured }: Line,
  color: string,
  encoding: { readonly x: ReturnType<typeof linear>; readonly y: ReturnType<typeof linear> },
): Layer[] {
  const data = { values: [...points] }
  const dash = measured ? {} : { strokeDash: [6, 4] }
  return [
    { data, mark: { type: 'line', color, strokeWidth: 2, ...dash }, encoding },
    { data, mark: { type: 'point', color, filled: measured, size: 46, opacity: 1 }, encoding },
  ]
}

/** The combinations with the highest capacity: several where their times are the same. */
function finding(
  lines: readonly Line[],
  batch: { readonly name: string; readonly values: readonly string[] },
): string {
  const highest = (line: Line) => largest(line.points, (point) => point.rps)!
  const { x, rps } = highest(lines[0]!)
  const equal = lines.filter((line) => highest(line).rps === rps).map(({ name }) => name)
  const at = `at ${batch.name} ${batch.values[x]}`
  const have = equal.length === 1 ? 'has' : 'have'
  return `${equal.join(' and ')} ${have} the highest capacity, ${exactText(rps, 'rate')}, ${at}`
}
