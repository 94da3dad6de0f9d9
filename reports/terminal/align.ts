import stringWidth from 'string-width'
import { visibleLine } from '../../scenarios/index.ts'

/** Columns of a terminal: some characters take two, and some none. */
function columnsOf(text: string): number {
  // most cells, at a hundredth of the time
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text)
}

/** A table in monospace: the columns in `left` are left aligned, the others right. */
export function alignColumns(
  cells: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string {
  const rows = cells.map((row) =>
    row.map((cell) => {
      const text = visibleLine(cell)
      return { text, columns: columnsOf(text) }
    }),
  )
  const widths: number[] = []
  for (const row of rows) {
    row.forEach(({ columns }, i) => {
      widths[i] = Math.max(widths[i] ?? 0, columns)
    })
  }
  return rows
    .map((row) =>
      row
        .map(({ text, columns }, i) => {
          const space = ' '.repeat(widths[i]! - columns)
          return left.includes(i) ? text + space : space + text
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
