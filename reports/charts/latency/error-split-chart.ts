import type { TopLevelSpec } from 'vega-lite'
import { capitalise, percentileName, signedPercent } from '../../format.ts'
import {
  controlTexts,
  type SplitPart,
  type SplitRow,
  splitParts,
  splitRows,
  splitSum,
} from '../../tables/error-split-table.ts'
import { frame, keyWords, largest, narrow, plotWidth, type ReportInput, word } from '../frame.ts'
import { COLOR, PIXEL_Y, valueLine } from '../plot.ts'
import { LIGHT } from '../theme.ts'
import { NOT_JUDGED, relativeErrors } from './range-rows.ts'

const COLORS = {
  structure: LIGHT.simulated,
  service_model: LIGHT.service,
  drift: LIGHT.measured,
  noise: LIGHT.sendDelay,
} as const

const ROW = 40
const BAR = 20
const middleOf = (row: number) => ROW * (row + 0.5)

/** Parts of each prediction error as a bar: positive ones to the right of 0, others to the left. */
export function errorSplitChart({ comparison }: ReportInput, width: number): TopLevelSpec | null {
  const rows = comparison ? splitRows(comparison) : []
  if (!comparison || rows.length === 0) return null
  const parts = splitParts(comparison)
  const bars = rows.flatMap((row, i) => barsOf(row, parts, middleOf(i)))
  const sums = rows.map(({ split }, i) => {
    const sum = splitSum(split)
    return { low: sum, y: middleOf(i) - BAR / 2 - 4, y2: middleOf(i) + BAR / 2 + 4 }
  })
  const subtitle = [
    comparison.scenario.name,
    'parts add up to the prediction error (dark line)',
    ...controlTexts(comparison),
    ...(rows.every(isJudged) ? [] : [NOT_JUDGED]),
  ].join(' · ')
  const ends = [...bars.flatMap(({ low, high }) => [low, high]), ...sums.map(({ low }) => low)]
  // an error of 0 has an axis, too
  const x = relativeErrors([-0.01, 0.01, ...ends], narrow(width) ? 5 : 9)
  return {
    ...frame(finding(rows, parts), subtitle, width),
    width: plotWidth(width),
    height: ROW * rows.length,
    layer: [
      {
        data: { values: bars },
        mark: { type: 'rect', stroke: LIGHT.paper, strokeWidth: 1 },
        encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, y2: { field: 'y2' }, color: COLOR },
      },
      valueLine(0),
      {
        data: { values: sums },
        mark: { type: 'rule', color: LIGHT.ink, strokeWidth: 3 },
        encoding: { x, y: PIXEL_Y, y2: { field: 'y2' } },
      },
      ...rows.map((row, i) =>
        word(percentileName(row.p), -10, middleOf(i), {
          align: 'right',
          color: isJudged(row) ? LIGHT.ink : LIGHT.muted,
        }),
      ),
      ...keyWords(
        parts.map(({ key, name }) => ({ name, color: COLORS[key] })),
        width,
      ),
    ],
  }
}

const isJudged = ({ verdicts }: SplitRow) => verdicts.prediction !== null

/** Rectangles side by side from 0, each way. */
function barsOf({ split }: SplitRow, parts: readonly SplitPart[], middle: number) {
  const ends = { left: 0, right: 0 }
  return parts.map(({ key }) => {
    const part = split[key] ?? 0
    const side = part < 0 ? 'left' : 'right'
    const from = ends[side]
    ends[side] += part
    const [low, high] = part < 0 ? [ends[side], from] : [from, ends[side]]
    return { low, high, y: middle - BAR / 2, y2: middle + BAR / 2, color: COLORS[key] }
  })
}

/** The largest part where a judged error is largest. */
function finding(rows: readonly SplitRow[], parts: readonly SplitPart[]): string {
  const judged = rows.filter(isJudged)
  const among = judged.length > 0 ? judged : rows
  const { p, split } = largest(among, (row) => Math.abs(splitSum(row.split)))!
  const sum = splitSum(split)
  const { key, name } = largest(parts, (part) => Math.sign(sum) * (split[part.key] ?? 0))!
  const error = `the prediction error of ${signedPercent(sum)} at ${percentileName(p)}`
  return `${capitalise(name)} is the largest part of ${error}: ${signedPercent(split[key])}`
}
