import type { Blamed } from '../../sim/documents/index.ts'
import { blameFlows } from '../charts/latency/blame-flows.ts'
import {
  blameFindings,
  blameNotes,
  blameSubject,
  causeRows,
  changeRows,
  firstTokenRows,
  groupRows,
  partRows,
  topRows,
} from '../tables/blame-table.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated } from './html.ts'
import { originItem, question, textTable, warningList } from './page-parts.ts'

/** Blame as one HTML file that needs neither network nor scripts. */
export async function blameHtml(document: Blamed): Promise<string> {
  const { scenario, command } = document
  const made = html`<ul><li>${blameSubject(document)}, without the warm-up.</li>
<li>While a request waits and no executor of its queue is free, each of the n executors has 1/n of the wait. Its batch divides that:
the excess over a batch of mean length goes to its longest requests, the rest to all of them in equal parts.</li>
${originItem(document)}</ul>`
  return documentPage({
    title: `${scenario.name}: blame – Spillway`,
    heading: html`${isolated(scenario.name)}: blame`,
    question: question(scenario.description),
    body: await blameSection(document, 'h2'),
    ...{ made, command },
  })
}

/** The findings, tables and chart, as a page of their own or below those of a result. */
export async function blameSection(document: Blamed, level: 'h2' | 'h3'): Promise<Html> {
  const heading = (text: string) =>
    level === 'h2' ? html`<h2>${text}</h2>` : html`<h3>${text}</h3>`
  return html`${blameFindings(document).map((text) => html`<p class="verdict">${text}.</p>\n`)}
${warningList(document.warnings)}
${textTable(causeRows(document))}
${heading('Which requests others waited for')}
${await drawnFigure('blame', (width) => blameFlows(document, width))}
${textTable(groupRows(document))}
${textTable(topRows(document))}
${heading('Where the slowest requests spend their time')}
${textTable(partRows(document))}
${textTable(firstTokenRows(document))}
${heading('What would help')}
${textTable(changeRows(document))}
<p class="quiet">${blameNotes(document).join(' ')}</p>`
}
