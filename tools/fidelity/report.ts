import type { TopLevelSpec } from 'vega-lite'
import { count, inWords, plural } from '../../reports/format.ts'
import { documentPage, drawnFigure } from '../../reports/page/document-page.ts'
import { type Html, html, NOTHING } from '../../reports/page/html.ts'
import { hostText } from '../../reports/tables/summary.ts'
import { worst } from '../../sim/documents/index.ts'
import type { FidelityReport } from './fidelity-report.ts'
import { mutantChart } from './mutant-chart.ts'
import { commandOf } from './page.ts'
import { predictionChart } from './prediction-chart.ts'
import { structureChart } from './structure-chart.ts'
import { summaryLines } from './summary.ts'
import { type FidelityTable, fidelityTables } from './tables.ts'
import { whatIfChart } from './what-if-chart.ts'

/** The charts of a fidelity report; null if the suite has no data for one. */
export const CHARTS = {
  structure: structureChart,
  'what-if': whatIfChart,
  prediction: predictionChart,
  mutants: mutantChart,
} as const satisfies Record<string, (report: FidelityReport, width: number) => TopLevelSpec | null>

export type ChartName = keyof typeof CHARTS

/** Tables with text: they break lines rather than exceed the page, and are left aligned. */
const STYLE = `
.words td.l,.words tbody th{text-align:left;white-space:normal}
.words td.long{min-width:11em}
.words tbody th{min-width:8em;vertical-align:top}
.words th,.words td{padding:6px 8px}.words th:first-child{padding-left:0}
h3{font-size:15px;margin:28px 0 4px}
@media print{.words td{white-space:normal}.words th,.words td{padding:3px 5px}.words td.long{min-width:8em}h3{break-after:avoid}}
`

/** Each chart's heading, and the meaning of its check in one sentence. */
const SECTIONS: Readonly<Record<ChartName, readonly [heading: string, text: string]>> = {
  structure: [
    'Does it queue and batch as the machine does?',
    'Each replay is simulated with the machine that it recorded. The remaining error is one of queueing, batching or overheads.',
  ],
  'what-if': [
    'Does it predict a change?',
    'One configuration is replayed, and the effect of a change is predicted from that. Then both are replayed in alternating slices. This check finds a wrong work model.',
  ],
  prediction: [
    'Does it predict other replays?',
    'Replays predicted from rehearsals with other requests, which alternated with them.',
  ],
  mutants: [
    'Would the checks find a wrong simulator?',
    'Every check above is applied to deliberately wrong simulators. One that no check finds marks a blind spot. The true simulator must not be found.',
  ],
}

/** The fidelity report as one HTML file in the style of the other reports. It can be printed. */
export async function fidelityHtml(report: FidelityReport): Promise<string> {
  const sections: Html[] = []
  for (const name of Object.keys(CHARTS) as ChartName[]) sections.push(await section(name, report))
  return documentPage({
    title: 'Fidelity – Spillway report',
    heading: html`Fidelity`,
    body: html`${head(report)}
${sections}
<h2>All figures</h2>
${fidelityTables(report).map(tableSection)}<style>${{ html: STYLE }}</style>`,
    made: provenance(report),
    command: commandOf(report),
    does: 'measures again, on its own machine',
  })
}

function head(report: FidelityReport): Html {
  const lines = summaryLines(report)
  const verdict = worst(lines.map((line) => line.verdict))
  const failing = (['FAIL', 'UNDECIDED'] as const).flatMap((bad) => {
    const some = lines.filter((line) => line.verdict === bad)
    const names = [...new Set(some.map(({ check }) => check))].join(', ')
    const what = bad === 'FAIL' ? 'failed' : 'undecided'
    return some.length === 0 ? [] : [`${inWords(some.length)} ${what} (${names})`]
  })
  const scenarios = plural(report.cases.length, 'scenario')
  const reason =
    failing.length === 0
      ? `all ${lines.length} checks hold in ${scenarios}, over ${count(report.rows)} replayed requests`
      : `of ${lines.length} checks in ${scenarios} ${failing.join(', ')}`
  return html`<p class="quiet">How close the simulator is to replays on this machine, and whether the checks would find a wrong simulator.</p>
<p class="verdict ${verdict}" role="status"><b class="${verdict}">${verdict}</b> – ${reason}</p>
<ul class="plain">
${lines.map((line) => html`<li><b class="${line.verdict}">${line.verdict}</b> ${line.check}: ${line.text}</li>\n`)}</ul>
<p class="quiet">On ${hostText(report.host)}</p>`
}

async function section(name: ChartName, report: FidelityReport): Promise<Html> {
  const [heading, text] = SECTIONS[name]
  const drawn = await drawnFigure(name, (width) => CHARTS[name](report, width))
  if (drawn === NOTHING) return NOTHING
  return html`<h2>${heading}</h2>
<p>${text}</p>
${drawn}`
}

function tableSection({ heading, note, columns, align, rows, remarks }: FidelityTable): Html {
  const header = columns.map((name, i) => html`<th scope="col"${side(align[i]!)}>${name}</th>`)
  const body = rows.map(([name = '', ...cells], row) => {
    const same = rows.filter(([label]) => label === name).length
    const first = rows[row - 1]?.[0] !== name
    const head = html`<th scope="rowgroup" rowspan="${same}">${unbroken(name)}</th>`
    return html`<tr>${first ? head : NOTHING}${cells.map((cell, i) => tableCell(cell, align[i + 1]!))}</tr>\n`
  })
  return html`<h3>${heading}</h3>
<p class="quiet">${withCode(note)}</p>
<div class="scroll words" role="region" aria-label="${heading}" tabindex="0"><table>
<thead><tr>${header}</tr></thead>
<tbody>
${body}</tbody></table></div>
${remarks.length === 0 ? NOTHING : html`<ul class="quiet">${remarks.map((remark) => html`<li>${remark}</li>\n`)}</ul>`}
`
}

const side = (align: string) => (align === 'l' ? html` style="text-align:left"` : NOTHING)

/** Texts of more characters than this need columns that can break. */
const SHORT = 20

function tableCell(text: string, align: string): Html {
  if (['PASS', 'FAIL', 'UNDECIDED'].includes(text)) {
    return html`<td class="l"><b class="${text}">${text}</b></td>`
  }
  return html`<td class="${align}${text.length > SHORT ? ' long' : ''}">${unbroken(text)}</td>`
}

/** Keeps numbers with their units, and arrows with the values they join. */
const unbroken = (text: string) => text.replace(/ (?=%|µs|ms|→)|(?<=→) /g, '\u00a0')

/** Text with code in `backquotes`. */
const withCode = (text: string): readonly Html[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`))

function provenance(report: FidelityReport): Html {
  const { host, made, minutes, rows, checksum } = report
  const facts = [
    ['host', hostText(host)],
    ['date', `${made.date}, ${minutes.toFixed(0)} minutes`],
    ['Spillway', `${made.version}, commit ${made.commit ?? 'none'}`],
    ['raw rows', `${count(rows)} requests, SHA-256 ${checksum}`],
  ] as const
  return html`<ul><li>Intervals are 95 %. A percentile is judged if at least 100 requests are beyond it.</li>
<li>The first part of each replay is left out as warm-up; latency runs from the scheduled arrival to the completion.</li>
<li>The meaning and the blind spots of each check: docs/design/003-comparison.md and 004-checks-that-can-fail.md.</li></ul>
<dl>${facts.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>\n`)}</dl>`
}
