/**
 * A table in Markdown. `align`: "l" or "r" for each column; by default the first column is left
 * aligned and the others right.
 */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align = `l${'r'.repeat(heads.length - 1)}`,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = [...align].map((side) => (side === 'r' ? '---:' : '---'))
  return [line(heads), `|${rule.join('|')}|`, ...rows.map(line)].join('\n')
}
