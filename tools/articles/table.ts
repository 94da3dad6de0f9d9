/** A table in Markdown: the first column at the left, the others at the right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (i === 0 ? '---' : '---:'))
  return [line(heads), `|${rule.join('|')}|`, ...rows.map(line)].join('\n')
}
