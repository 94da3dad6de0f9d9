import type { TopLevelSpec } from 'vega-lite'
import type { Plan } from '../../sim/documents/index.ts'
import { replicaHoursOf } from '../charts/load/replica-hours.ts'
import { planFront } from '../charts/plan/plan-front.ts'
import { planTornado } from '../charts/plan/plan-tornado.ts'
import { plural } from '../format.ts'
import {
  planAnswer,
  planLegend,
  planSentences,
  searchSentences,
  winnerName,
  winnerOf,
} from '../tables/plan-sentences.ts'
import { planTable } from '../tables/plan-table.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { cellTable, question, warningList } from './page-parts.ts'

const STYLES = new Map([
  ['MEETS', 'PASS'],
  ['FAILS', 'FAIL'],
  ['UNDECIDED', 'UNDECIDED'],
])

/** A plan as one HTML file, which starts with the answer; without network and scripts. */
export async function planHtml(plan: Plan): Promise<string> {
  const winner = winnerOf(plan)
  // one that meets at the stated inputs may hold
  const open =
    plan.with_inputs !== undefined || plan.rows.some(({ verdict }) => verdict === 'UNDECIDED')
  const verdict = winner === null ? (open ? 'UNDECIDED' : 'FAIL') : 'PASS'
  const { scenario, dimensions, version, commit, seed, profile } = plan
  const body = html`<p class="verdict ${verdict}" role="status">${planAnswer(plan)}</p>
${planSentences(plan).map((text) => html`<p>${text}</p>\n`)}
${warningList(plan.verified?.warnings ?? [])}
${await drawnFigure('front', (width) => planFront(plan, width))}
<h2>Configurations</h2>
${table(plan)}
${planLegend(plan).map((text) => html`<p class="quiet">${text}</p>\n`)}
${plan.sensitivity.length > 0 ? html`<h2>What moves the answer</h2>${await drawnFigure('tornado', (width) => planTornado(plan, width))}` : NOTHING}
${await drawnFigure('replica-hours', (width) => planHours(plan, width))}`
  const made = html`<ul>${[...searchSentences(plan), ...plan.notes].map((text) => html`<li>${text}</li>\n`)}</ul>
<dl><dt>scenario</dt><dd>${scenario.name} (${scenario.hash})</dd>
<dt>search space</dt><dd>${dimensions.map(({ path, values }) => `${path}: ${values.join(', ')}`).join('; ')}</dd>
<dt>seed</dt><dd>${seed}</dd>
<dt>version</dt><dd>${commit === null ? version : `${version} (${commit})`}</dd>
${profile === null ? NOTHING : html`<dt>profile</dt><dd>${profile.name} (${profile.hash})</dd>`}</dl>`
  return documentPage({
    title: `${scenario.name} – Spillway plan`,
    heading: isolated(`${scenario.name}: plan`),
    question: question(scenario.description),
    ...{ body, made, command: plan.command },
  })
}

/** Replicas of the winner that are paid for and needed; null without a winner. */
function planHours(plan: Plan, width: number): TopLevelSpec | null {
  const { replica_use: use = [] } = plan
  if (use.length === 0) return null
  const name = winnerName(winnerOf(plan)!)
  return replicaHoursOf(use, `${plan.scenario.name} · the ${name} · means over runs`, width)
}

function table(plan: Plan): Html {
  const { head, lines, left } = planTable(plan)
  return html`${cellTable([head, ...lines], 'Configurations', shown, html` class="whole"`)}
${left > 0 ? html`<p class="quiet">… and ${plural(left, 'row')} more in plan.json.</p>` : NOTHING}`
}

/** A cell; verdicts in their colours. */
function shown(cell: string): Html | string {
  const style = STYLES.get(cell)
  return style === undefined ? cell : html`<b class="${style}">${cell}</b>`
}
