import type { CaseVerdict, Gate, GateCase } from '../../sim/documents/index.ts'
import { gateForest } from '../charts/gate/gate-forest.ts'
import {
  caseName,
  caseTitle,
  causeCells,
  changeLines,
  figureCells,
  inputLines,
  MEASURED_NOTE,
  measuredLines,
  metricCells,
  rawCells,
} from '../gate/gate-rows.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { textTable, verdictLine } from './page-parts.ts'

/** The page of a gate as one HTML file: the verdict, then each scenario, the worst first. */
export async function gateHtml(gate: Gate): Promise<string> {
  const sections: Html[] = []
  for (const [i, gateCase] of gate.cases.entries()) sections.push(await section(gate, gateCase, i))
  const [first] = gate.cases
  const title = first !== undefined && gate.cases.length === 1 ? caseTitle(gate, first) : 'Gate'
  const body = html`${verdictLine(gate.verdict, first?.reason ?? '', STYLES[gate.verdict])}
${gate.cases.length > 1 ? textTable([['scenario', 'verdict', ''], ...gate.cases.map((gateCase) => [caseName(gate, gateCase), gateCase.verdict, gateCase.reason])]) : NOTHING}
${sections}
${gate.warnings.length > 0 ? list('Warnings', gate.warnings) : NOTHING}
<h2>Again</h2>`
  return documentPage({
    title: `${gate.verdict}: ${title} – Spillway gate`,
    heading: isolated(title),
    question: html`<p class="question">${QUESTIONS[gate.gate]}</p>`,
    ...{ body, command: gate.command },
    foot: html`<p class="quiet">Spillway ${gate.version}${gate.commit === null ? '' : ` (${gate.commit})`}</p>`,
  })
}

const QUESTIONS: Readonly<Record<Gate['gate'], string>> = {
  prediction: 'Did the prediction get worse?',
  measured: 'Did the measured service get worse?',
  fidelity: 'Is the simulation still true?',
}

/** The style of a verdict: an improvement passes, and what cannot be compared is not decided. */
const STYLES: Readonly<Record<CaseVerdict, string>> = {
  PASS: 'PASS',
  IMPROVED: 'PASS',
  FAIL: 'FAIL',
  UNDECIDED: 'UNDECIDED',
  NEW: 'UNDECIDED',
  'NOT COMPARABLE': 'UNDECIDED',
}

async function section(gate: Gate, gateCase: GateCase, index: number): Promise<Html> {
  const several = gate.cases.length > 1
  const [causes, raw] = [causeCells(gateCase), rawCells(gateCase)]
  const inputs = inputLines(gateCase)
  return html`${several ? html`<h2>${isolated(caseTitle(gate, gateCase))}</h2>${verdictLine(gateCase.verdict, gateCase.reason, STYLES[gateCase.verdict])}` : NOTHING}
${await drawnFigure(`forest-${index + 1}`, (width) => gateForest(gate, gateCase, width))}
${textTable(metricCells(gateCase, gate.gate))}
${textTable(figureCells(gateCase))}${inputs.length === 0 ? NOTHING : list('What is not known', inputs)}
${changeLines(gateCase, gate.gate).length === 0 ? NOTHING : list('What changed', changeLines(gateCase, gate.gate))}
${causes.length > 0 ? html`<h2>Causes</h2>${textTable(causes)}<p class="quiet">Median over blocks, head against base. ${MEASURED_NOTE}</p>` : NOTHING}
${raw.length > 0 ? html`<h2>Measured percentiles</h2>${textTable(raw)}<p class="quiet">Latencies of all blocks together: evidence beside the derived figures, not judged.</p>` : NOTHING}
${gateCase.measured === null ? NOTHING : list('How it was measured', measuredLines(gateCase))}`
}

const list = (title: string, lines: readonly string[]) =>
  html`<h2>${title}</h2><ul class="plain">${lines.map((line) => html`<li>${isolated(line)}</li>`)}</ul>`
