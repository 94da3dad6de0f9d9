import type { Variants } from '../../sim/documents/index.ts'
import { variantRatios } from '../charts/variants/variant-ratios.ts'
import { variantTails } from '../charts/variants/variant-tails.ts'
import {
  uncertainInputRows,
  variantInputNotes,
  variantInputRows,
} from '../tables/variant-inputs.ts'
import {
  driftRows,
  measuredRows,
  rateText,
  ratioNotes,
  ratioRows,
  resourceNotes,
  resourceRows,
  variantAnswer,
  variantFindings,
  variantRows,
  variantWarnings,
} from '../tables/variants-table.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { originItem, question, textTable, warningList } from './page-parts.ts'

/** Variants side by side, as one HTML file that needs neither network nor scripts. */
export async function variantsHtml(document: Variants): Promise<string> {
  const { scenario, variants, measured } = document
  const rate = rateText(document)
  const changes = variants
    .slice(1)
    .flatMap(({ name, changes }) =>
      changes.map(
        (change) => html`<li><b>${name}</b>: ${change.replace(' → ', '\u00a0→\u00a0')}</li>\n`,
      ),
    )
  const body = html`${answerOf(document)}
${variantFindings(document).map((text) => html`<p class="verdict">${text}</p>\n`)}
${warningList(variantWarnings(document))}
${textTable(variantRows(document))}
<p class="quiet">Latencies are of served requests of all classes, utilisation of the busiest pool. ${rate ?? ''}</p>
${inputTables(document)}${resourceTable(document)}
${await drawnFigure('tails', (width) => variantTails(document, 'simulated', width))}
<h2>What differs</h2>
${await drawnFigure('ratios', (width) => variantRatios(document, width))}
${textTable(ratioRows(document))}
<p class="quiet">${ratioNotes(document).join(' ')}</p>
${measured === null ? NOTHING : await replays(document)}
<h2>Changes from ${variants[0]!.name}</h2>
<ul class="plain">${changes}</ul>`
  const made = html`<ul><li>Replication r of every variant has the same requests and the same draws of the machine.</li>
${originItem(document)}</ul>`
  return documentPage({
    title: `${scenario.name}: variants – Spillway`,
    heading: html`${isolated(scenario.name)}: variants`,
    question: question(scenario.description),
    ...{ body, made, command: document.command },
  })
}

function answerOf(document: Variants): Html {
  const text = variantAnswer(document)
  if (text === null) return NOTHING
  const passes = document.variants.some(({ row }) => row.verdict === 'PASS')
  return html`<p class="verdict ${passes ? 'PASS' : 'FAIL'}" role="status">${text}</p>`
}

/** Nothing where all inputs are known. */
function inputTables(document: Variants): Html {
  const rows = variantInputRows(document)
  if (rows.length === 0) return NOTHING
  return html`<h2>What is not known</h2>
${textTable(rows)}
<p class="quiet">${variantInputNotes(document).join(' ')}</p>
${textTable(uncertainInputRows(document))}
`
}

function resourceTable(document: Variants): Html {
  const rows = resourceRows(document)
  if (rows.length === 0) return NOTHING
  const notes = resourceNotes(document).map((text) => html`\n<p class="quiet">${text}</p>`)
  return html`<h2>What each needs</h2>\n${textTable(rows)}${notes}`
}

async function replays(document: Variants): Promise<Html> {
  const { audit } = document.measured!
  return html`<h2>Measured</h2>
${textTable(measuredRows(document))}
${await drawnFigure('measured-tails', (width) => variantTails(document, 'measured', width))}
${textTable(driftRows(document))}
<p class="quiet"><b class="${audit.verdict}">${audit.verdict}</b> audit: ${audit.reason}</p>`
}
