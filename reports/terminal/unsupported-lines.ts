import { visibleLine } from '../../scenarios/index.ts'
import { type Cell, missingText } from '../tables/percentile-tables.ts'

/** One line for each figure that the sample does not support. */
export function unsupportedLines(cells: readonly (readonly [string, Cell])[]): string[] {
  return cells.flatMap(([name, { reason }]) =>
    reason ? [visibleLine(`  ${missingText(name, reason)}`)] : [],
  )
}
