import type { Blamed, Variants } from '../../sim/documents/index.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'

/** What the scenario is about, in its own words. */
export const question = (description: string): Html =>
  description === '' ? NOTHING : html`<p class="question">${isolated(description)}</p>`

/** The answer of a page: a verdict and its reason. */
export const verdictLine = (verdict: string, reason: string, style = verdict): Html =>
  html`<p class="verdict ${style}" role="status"><b class="${style}">${verdict}</b> – ${reason}</p>`

/** Warnings in one frame, so that many of them do not push the answer away. */
export function warningList(texts: readonly string[]): Html {
  if (texts.length === 0) return NOTHING
  return html`<ul class="warning plain">${texts.map((text) => html`<li>${text}</li>\n`)}</ul>\n`
}

type TextRows = readonly (readonly string[])[]

/** Rows of text as a table; the first row is the header. Without other rows there is none. */
export const textTable = (rows: TextRows): Html =>
  rows.length < 2 ? NOTHING : cellTable(rows, rows[0]![0]!, withUnit)

/** Rows of text as a table, each cell as `show` has it. */
export function cellTable(
  [names = [], ...rows]: TextRows,
  label: string,
  show: (cell: string) => Html | string,
  style = NOTHING,
): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table${style}><thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([first = '', ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map((cell) => html`<td>${show(cell)}</td>`)}</tr>\n`)}</tbody></table></div>`
}

/** An interval and its unit, such as "[35, 37] ms", end on one line. */
const withUnit = (cell: string) => cell.replaceAll('] ', ']\u00a0')

/** What the figures of a page come from, as an item of a list. */
export const originItem = ({ seed, scenario, version, profile }: Blamed | Variants): Html =>
  html`<li>Seed ${seed}, scenario ${scenario.hash}, Spillway ${version}${profile === null ? '' : html`, profile ${profile.name} (${profile.hash})`}.</li>`
