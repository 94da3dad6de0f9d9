import { visibleLine } from '../../scenarios/index.ts'
import type { Sweep } from '../../sim/documents/index.ts'
import { count } from '../format.ts'
import {
  leftColumns,
  ranked,
  sweepAnswer,
  sweepCells,
  sweepLegend,
  triedCells,
  withoutFigures,
} from '../tables/sweep-rows.ts'
import { alignColumns } from './align.ts'

const MOST_ROWS = 30

/** The answer and the best rows; `kept`: where all rows are, null where they are not kept. */
export function sweepText(sweep: Sweep, kept: string | null): string {
  const rows = ranked(sweep).slice(0, MOST_ROWS)
  const cells = sweepCells(sweep, rows)
  const tried = triedCells(sweep)
  const left = sweep.configurations - rows.length
  const where = kept === null ? '; keep them with --out DIR' : ` in ${visibleLine(kept)}`
  const without = withoutFigures(sweep)
  return [
    // what follows a line break in a reason must not look like a line of its own
    sweepAnswer(sweep).replaceAll('\n', '\n  '),
    ...(sweep.warnings ?? []).map((text) => visibleLine(`warning: ${text}`)),
    '',
    alignColumns(cells, leftColumns(cells)),
    ...(left > 0 ? [`… ${count(left)} more${where}`] : []),
    ...(tried.length === 0 ? [] : ['', alignColumns(tried, leftColumns(tried))]),
    '',
    sweepLegend(sweep),
    ...(without === null ? [] : [without]),
  ].join('\n')
}
