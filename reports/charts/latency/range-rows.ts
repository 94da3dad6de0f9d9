import { percentileName } from '../../format.ts'
import { type Layer, word } from '../frame.ts'
import { type Channel, COLOR } from '../plot.ts'
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

/** Pixels from the top of the plot. */
export const Y = { field: 'y', type: 'quantitative' as const, scale: null, axis: null }

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
      encoding: { x, x2: { field: 'high' }, y: Y, y2: { field: 'y2' } },
    },
    {
      data: { values: [{}] },
      mark: { type: 'rule', color: LIGHT.muted },
      encoding: { x: { datum: reference, type: 'quantitative' } },
    },
    {
      data: { values: ranges },
      mark: { type: 'rule', strokeWidth: 2.5, opacity: 0.75, strokeCap: 'round' },
      encoding: { x, x2: { field: 'high' }, y: Y, color: COLOR },
    },
    {
      data: { values: dots },
      mark: { type: 'point', filled: true, size: dotSize, opacity: 1 },
      encoding: { x, y: Y, color: COLOR },
    },
    ...rows.map(({ p, judged }, i) =>
      word(percentileName(p), -10, middleOf(i), {
        align: 'right',
        color: judged ? LIGHT.ink : LIGHT.muted,
      }),
    ),
  ]
}
