import type { TopLevelSpec } from 'vega-lite'
import { frame, type Layer, logTicks, narrow } from '../../reports/charts/frame.ts'
import { COLOR, PIXEL_Y, valueLine } from '../../reports/charts/plot.ts'
import { textWidth } from '../../reports/charts/text-width.ts'
import { LABEL_SIZE, LIGHT } from '../../reports/charts/theme.ts'
import { signedPercent } from '../../reports/format.ts'
import { type RowLayout, type RowWords, rowLayout } from './chart-rows.ts'
import type { FidelityReport } from './fidelity-report.ts'
import type { MatrixCell, MutantRow } from './mutant-matrix.ts'
import { cellName } from './tables.ts'

/** Smallest error that detects a mutant (mutant-matrix.ts). */
export const LIMIT = 0.03
/** Height of a row, px. */
const ROW = 24
/** Latest start of the axis; smaller errors are drawn there. */
const LEAST = 0.001

interface Row extends RowWords {
  readonly cell: MatrixCell
}

/** Error of each mutant in the check that detects it best, with the true simulator on top. */
export function mutantChart({ mutants }: FidelityReport, width: number): TopLevelSpec | null {
  const [none, ...wrong] = mutants
  if (none === undefined) return null
  const rows = [
    trueRow(none),
    ...wrong.map(mutantRow).sort((a, b) => Math.abs(a.cell.error) - Math.abs(b.cell.error)),
  ]
  const layout = rowLayout(rows, { body: ROW, width })
  return {
    ...frame(finding(none, wrong), SUBTITLE, width),
    width: layout.width,
    height: layout.height,
    layer: [...marks(rows, layout, width), ...layout.layers],
  }
}

const SUBTITLE = [
  'a row for each deliberately wrong simulator: error of the check that sees it best, log scale',
  'found: off by more than 3 % and where noise would not take it (95 %)',
  'at the right: check, scenario and percentile that find it',
  'blue: the true simulator at its worst',
  'red: not found',
].join(' · ')

function trueRow({ finder, largest }: MutantRow): Row {
  const cell = finder ?? largest
  const color = finder === null ? LIGHT.simulated : LIGHT.limit
  return { name: 'true simulator', note: cellName(cell), cell, color }
}

function mutantRow({ mutant, finder, largest }: MutantRow): Row {
  return finder === null
    ? { name: mutant, note: `not found; ${cellName(largest)}`, cell: largest, color: LIGHT.limit }
    : { name: mutant, note: cellName(finder), cell: finder, color: LIGHT.ink }
}

function marks(rows: readonly Row[], layout: RowLayout, width: number): Layer[] {
  const sizes = rows.map(({ cell }) => Math.max(LEAST, Math.abs(cell.error)))
  const [low, high] = domainOf(rows, sizes, layout.width)
  const ticks = logTicks(low, high, [1])
  const step = Math.ceil(ticks.length / (narrow(width) ? 4 : 8))
  const x = {
    field: 'size',
    type: 'quantitative' as const,
    scale: { type: 'log' as const, domain: [low, high], nice: false },
    axis: {
      title: narrow(width) ? 'size of the error (log)' : 'size of the relative error (log scale)',
      values: ticks.filter((_, i) => i % step === 0),
      labelExpr: `format(datum.value * 100, ',~f') + ' %'`,
    },
  }
  const dots = rows.map(({ color, cell }, i) => {
    const y = layout.top(i) + ROW / 2
    return { size: sizes[i]!, limit: LIMIT, y, color, text: signedPercent(cell.error) }
  })
  return [
    {
      data: { values: dots },
      mark: { type: 'rule', opacity: 0.5, strokeWidth: 1.5 },
      encoding: { x, x2: { field: 'limit' }, y: PIXEL_Y, color: COLOR },
    },
    valueLine(LIMIT, 'limit'),
    {
      data: { values: [{}] },
      mark: { type: 'text', text: 'found above 3 %', color: LIGHT.limit, fontSize: LABEL_SIZE },
      encoding: { x: { datum: LIMIT, type: 'quantitative' }, y: { value: -10 } },
    },
    {
      data: { values: dots },
      mark: { type: 'point', filled: true, size: 60, opacity: 1 },
      encoding: { x, y: PIXEL_Y, color: COLOR },
    },
    // on the side away from the limit
    ...[true, false].map((beyond): Layer => {
      const place = { align: beyond ? ('left' as const) : ('right' as const), dx: beyond ? 8 : -8 }
      return {
        data: { values: dots.filter((dot) => dot.size > LIMIT === beyond) },
        mark: { type: 'text', fontSize: LABEL_SIZE, ...place },
        encoding: { x, y: PIXEL_Y, color: COLOR, text: { field: 'text', type: 'nominal' } },
      }
    }),
  ]
}

/** From the smallest to the largest error, with space for the labels beyond them. */
function domainOf(rows: readonly Row[], sizes: readonly number[], width: number) {
  const [least, most] = [Math.min(LIMIT, ...sizes), Math.max(2 * LIMIT, ...sizes)]
  const words = rows.map(({ cell }) => textWidth(signedPercent(cell.error), LABEL_SIZE))
  const room = (Math.max(...words) + 14) / width
  const left = least < LIMIT ? room : room / 2
  const factor = (share: number) => (most / least) ** (share / (1 - left - room))
  return [least / factor(left), most * factor(room)] as const
}

function finding(none: MutantRow, wrong: readonly MutantRow[]): string {
  const missed = wrong.filter(({ finder }) => finder === null).map(({ mutant }) => mutant)
  const weakest = Math.min(
    ...wrong.flatMap(({ finder }) => (finder ? [Math.abs(finder.error)] : [])),
  )
  const caught =
    missed.length === 0
      ? `All ${wrong.length} wrong simulators are found, the hardest at ${size(weakest)}`
      : `${wrong.length - missed.length} of ${wrong.length} wrong simulators are found, not ${missed.join(', ')}`
  const truth =
    none.finder === null
      ? `the true one is off by ${size(none.largest.error)} at most`
      : `but so is the true one, in ${none.found} of ${none.ran} checks`
  return `${caught}; ${truth}`
}

const size = (error: number) => signedPercent(Math.abs(error)).replace('+', '')
