import { median } from 'simple-statistics'
import type { TopLevelSpec } from 'vega-lite'
import { frame, keyWords, type Layer, narrow } from '../../reports/charts/frame.ts'
import { COLOR, PIXEL_Y, valueLine } from '../../reports/charts/plot.ts'
import { textWidth } from '../../reports/charts/text-width.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import { percent, percentileName } from '../../reports/format.ts'
import { type ErrorAxis, errorBands, errorDots, logErrorAxis, wordColumn } from './chart-rows.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { PredictionRow, PredictionStudy } from './prediction.ts'

/** Height of a load within a panel, px: a line of text and the marks. */
const ROW = 46
const WORDS = 10
const MARKS = 29
/** Half the height of a band, px. */
const HALF = 9
/** Around the picture, and between panels, px. */
const PADDING = 10
const BETWEEN = 30
const BELOW = 66
/** Half of an axis label at the right edge, px. */
const OVERHANG = 24
/** The axis extends at least this far on each side. */
const LEAST = 0.12

interface Cell {
  readonly row: PredictionRow
  /** relative to the median of the replays, less 1 */
  readonly replays: readonly number[]
  readonly predicted: number
  readonly low: number
  readonly high: number
}

/** Later replays and their predictions, a panel for each percentile. */
export function predictionChart(report: FidelityReport, width: number): TopLevelSpec | null {
  const cells = cellsOf(report)
  const levels = [...new Set(cells.map(({ row }) => row.p))].sort((a, b) => a - b)
  if (levels.length === 0) return null
  const names = [...new Set(cells.map(({ row }) => row.name))]
  const room = Math.max(...names.map((name) => textWidth(name, LABEL_SIZE))) + 10
  const stacked = narrow(width)
  const free = width - 2 * PADDING - room - OVERHANG
  const plot = stacked ? free : (free - BETWEEN * (levels.length - 1)) / levels.length
  const x = axisOf(cells)
  const panels = levels.map((p, i) => {
    const level = cells.filter(({ row }) => row.p === p)
    const key = keyWords([{ name: percentileName(p), color: LIGHT.ink }], width)
    const loads = stacked || i === 0 ? loadNames(names) : []
    const layer = [...panel(level, names, x), ...key, ...loads]
    return { width: plot, height: ROW * names.length, layer }
  })
  const shared = {
    ...frame(finding(report.prediction), subtitle(report.prediction), width),
    bounds: 'flush' as const,
  }
  return stacked
    ? { ...shared, vconcat: panels, spacing: BELOW }
    : { ...shared, hconcat: panels, spacing: BETWEEN }
}

function cellsOf({ cases, prediction }: FidelityReport): Cell[] {
  return prediction.rows.flatMap((row) => {
    const { each, simulated } = cases
      .find(({ name }) => name === row.name)!
      .percentiles.find(({ p }) => p === row.p)!
    const middle = median(each.map(({ value }) => value))
    const relative = (value: number) => value / middle - 1
    return {
      row,
      replays: each.map(({ value }) => relative(value)),
      predicted: relative(simulated.value!),
      low: relative(simulated.low!),
      high: relative(simulated.high!),
    }
  })
}

function loadNames(names: readonly string[]): Layer[] {
  return wordColumn(
    names.map((text, i) => ({ text, y: ROW * i + MARKS, color: LIGHT.ink })),
    { x: -10, align: 'right' },
  )
}

/** One axis for all panels, from the smallest to the largest value. */
function axisOf(cells: readonly Cell[]): ErrorAxis {
  const all = cells.flatMap(({ low, high, predicted, replays }) => [
    ...[low, high, predicted],
    ...replays,
  ])
  const [low, high] = [1.2 * Math.min(-LEAST, ...all), 1.2 * Math.max(LEAST, ...all)]
  return logErrorAxis(low, high, 'off the replays’ median')
}

function panel(cells: readonly Cell[], names: readonly string[], x: ErrorAxis): Layer[] {
  const y = ({ row }: Cell) => ROW * names.indexOf(row.name) + MARKS
  const dots = cells.flatMap((cell) =>
    cell.replays.map((error) => ({ error, y: y(cell), color: LIGHT.measured })),
  )
  const around = (cell: Cell, half: number) => ({ y: y(cell) - half, y2: y(cell) + half })
  const bands = cells.map((cell) => ({ low: cell.low, high: cell.high, ...around(cell, HALF) }))
  const color = LIGHT.simulated
  const medians = cells.map((cell) => ({ low: cell.predicted, color, ...around(cell, HALF + 2) }))
  return [
    valueLine(0),
    errorBands(bands, x, { color, opacity: 0.2 }),
    {
      data: { values: medians },
      mark: { type: 'rule', strokeWidth: 2.5 },
      encoding: { x, y: PIXEL_Y, y2: { field: 'y2' }, color: COLOR },
    },
    ...errorDots(dots, x, 26),
    ...wordColumn(
      cells.map((cell) => ({
        text: `${cell.row.inside} of ${cell.row.replays} in band`,
        y: y(cell) - MARKS + WORDS,
        color: LIGHT.muted,
      })),
      { x: 0, align: 'left', size: LABEL_SIZE - 1 },
    ),
  ]
}

function subtitle({ rows }: PredictionStudy): string {
  return [
    'latency of replays, relative to their median',
    `orange dots: ${Math.max(...rows.map(({ replays }) => replays))} replays of each load`,
    'blue: predicted median and 95 % band, from rehearsals between the replays',
    'axis: about linear up to 1 %, logarithmic beyond',
  ].join(' · ')
}

/** Number of replays inside the band, and the errors, at the lowest and the highest percentile. */
function finding({ rows }: PredictionStudy): string {
  const inside = rows.reduce((sum, row) => sum + row.inside, 0)
  const all = rows.reduce((sum, row) => sum + row.replays, 0)
  const levels = [...new Set(rows.map(({ p }) => p))].sort((a, b) => a - b)
  const worst = (p: number) =>
    Math.max(...rows.filter((row) => row.p === p).map(({ medianError }) => medianError))
  const errors = [...new Set([levels[0]!, levels.at(-1)!])]
    .map((p) => `${percent(worst(p))} at ${percentileName(p)}`)
    .join(', ')
  return `${inside} of ${all} figures are in the 95 % band; median error up to ${errors}`
}
