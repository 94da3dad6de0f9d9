import { visibleLine } from '../../scenarios/index.ts'

/** A table in monospace: the columns in `left` are left aligned, the others right. */
export function alignColumns(
  cells: readonly (readonly string[])[],
  left: readonly number[] = [0],
): string {
  const rows = cells.map((row) => row.map(visibleLine))
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  }
  return rows
    .map((row) =>
      row
        .map((cell, i) => (left.includes(i) ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
