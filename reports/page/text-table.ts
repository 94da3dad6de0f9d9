import { type Html, html, NOTHING } from './html.ts'

/** Rows of text as a table; the first row is the header. */
export function textTable(rows: readonly (readonly string[])[]): Html {
  const [names, ...rest] = rows
  if (names === undefined || rest.length === 0) return NOTHING
  return html`<div class="scroll"><table><thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rest.map(([first, ...cells]) => html`<tr><th scope="row">${first!}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div>`
}
