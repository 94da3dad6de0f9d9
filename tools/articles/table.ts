/** A table in Markdown: the first column left aligned, the others right. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = heads.map((_, i) => (i === 0 ? '---' : '---:'))
  return [line(heads), `|${rule.join('|')}|`, ...rows.map(line)].join('\n')
}
