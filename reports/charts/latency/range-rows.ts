import { percentileName } from '../../format.ts'
import { type Layer, SIGNED_PERCENT, word } from '../frame.ts'
import { type Channel, intervalMarks, linear, PIXEL_Y, valueLine } from '../plot.ts'
import { LIGHT } from '../theme.ts'

/** Height of the row of a percentile, px. */
export const ROW = 62

/** Explains in a subtitle the grey names of rows. */
export const NOT_JUDGED = 'grey percentile: no verdict'

interface Range {
  readonly low: number
  readonly high: number
}

/** Ranges and dots of a percentile over a shaded band. */
export interface RangeRow {
  readonly p: number
  /** whether it has a verdict */
  readonly judged: boolean
  readonly band: Range | null
  readonly marks: readonly RangeMark[]
}

export interface RangeMark {
  readonly range: Range | null
  readonly dots: readonly number[]
  readonly color: string
  /** px below the middle of the row */
  readonly offset: number
}

interface RangeStyle {
  /** the value that stands for no difference */
  readonly reference: number
  readonly bandOpacity: number
  readonly dotSize: number
}

/** The middle of a row, px from the top of the plot. */
export const middleOf = (row: number) => ROW * (row + 0.5)

/** A row for each percentile, with its name at the left; grey for a row without a verdict. */
export function rangeRows(
  rows: readonly RangeRow[],
  x: Channel,
  { reference, bandOpacity, dotSize }: RangeStyle,
): Layer[] {
  const bands = rows.flatMap(({ band }, i) =>
    band === null ? [] : [{ ...band, y: ROW * i + 3, y2: ROW * (i + 1) - 3 }],
  )
  const marks = rows.flatMap((row, i) =>
    row.marks.map(({ offset, ...mark }) => ({ ...mark, y: middleOf(i) + offset })),
  )
  const ranges = marks.flatMap(({ range, y, color }) => (range ? [{ ...range, y, color }] : []))
  const dots = marks.flatMap(({ dots, y, color }) => dots.map((low) => ({ low, y, color })))
  return [
    {
      data: { values: bands },
      mark: { type: 'rect', color: LIGHT.muted, opacity: bandOpacity },
      encoding: { x, x2: { field: 'high' }, y: PIXEL_Y, y2: { field: 'y2' } },
    },
    valueLine(reference),
    ...intervalMarks(x, ranges, dots, dotSize),
    ...rows.map(({ p, judged }, i) =>
      word(percentileName(p), -10, middleOf(i), {
        align: 'right',
        color: judged ? LIGHT.ink : LIGHT.muted,
      }),
    ),
  ]
}

/** The channel of relative errors that has room for all of `errors`. */
export function relativeErrors(errors: readonly number[], tickCount: number): Channel {
  const [low, high] = [Math.min(...errors), Math.max(...errors)]
  const margin = 0.04 * (high - low)
  return linear('low', [low - margin, high + margin], {
    title: 'relative error of the latency',
    labelExpr: SIGNED_PERCENT,
    tickCount,
  })
}
