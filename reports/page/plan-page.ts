import type { TopLevelSpec } from 'vega-lite'
import type { Plan } from '../../sim/documents/index.ts'
import { NARROW, WIDE } from '../charts/index.ts'
import { replicaHoursOf } from '../charts/load/replica-hours.ts'
import { planFront } from '../charts/plan/plan-front.ts'
import { planTornado } from '../charts/plan/plan-tornado.ts'
import { plural } from '../format.ts'
import {
  planAnswer,
  planLegend,
  planSentences,
  searchSentences,
  winnerOf,
} from '../tables/plan-sentences.ts'
import { planTable } from '../tables/plan-table.ts'
import { warningList } from './answer.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'

type PlanChart = (plan: Plan, width: number) => TopLevelSpec | null

const CLASSES = { MEETS: 'PASS', FAILS: 'FAIL', UNDECIDED: 'UNDECIDED' } as const

/** A plan as one HTML file, which starts with the answer; without network and scripts. */
export async function planHtml(plan: Plan): Promise<string> {
  const winner = winnerOf(plan)
  const open = plan.rows.some(({ verdict }) => verdict === 'UNDECIDED')
  const verdict = winner === null ? (open ? 'UNDECIDED' : 'FAIL') : 'PASS'
  const { scenario, dimensions, version, commit, seed, profile } = plan
  const { description } = scenario
  const body = html`<h1>${isolated(`${scenario.name}: plan`)}</h1>
${description === '' ? NOTHING : html`<p class="question">${isolated(description)}</p>`}
<p class="verdict ${verdict}" role="status">${planAnswer(plan)}</p>
${planSentences(plan).map((text) => html`<p>${text}</p>\n`)}
${warningList(plan.verified?.warnings ?? [])}
${await figure('front', planFront, plan)}
<h2>Configurations</h2>
${table(plan)}
${planLegend(plan).map((text) => html`<p class="quiet">${text}</p>\n`)}
${plan.sensitivity.length > 0 ? html`<h2>What moves the answer</h2>${await figure('tornado', planTornado, plan)}` : NOTHING}
${await figure('replica-hours', planHours, plan)}
<h2>How this was made</h2>
<ul>${[...searchSentences(plan), ...plan.notes].map((text) => html`<li>${text}</li>\n`)}</ul>
<dl><dt>scenario</dt><dd>${scenario.name} (${scenario.hash})</dd>
<dt>search space</dt><dd>${dimensions.map(({ path, values }) => `${path}: ${values.join(', ')}`).join('; ')}</dd>
<dt>seed</dt><dd>${seed}</dd>
<dt>version</dt><dd>${commit === null ? version : `${version} (${commit})`}</dd>
${profile === null ? NOTHING : html`<dt>profile</dt><dd>${profile.name} (${profile.hash})</dd>`}</dl>
<p>This command reproduces it:</p>
<pre>${isolated(plan.command)}</pre>`
  return documentPage(`${scenario.name} – Spillway plan`, body)
}

/** Replicas of the winner that are paid for and needed; null without a winner. */
function planHours(plan: Plan, width: number): TopLevelSpec | null {
  const { replica_use: use = [] } = plan
  if (use.length === 0) return null
  return replicaHoursOf(
    use,
    `${plan.scenario.name} · the cheapest configuration · means over runs`,
    width,
  )
}

async function figure(name: string, chart: PlanChart, plan: Plan): Promise<Html> {
  const [wide, narrow] = [chart(plan, WIDE), chart(plan, NARROW)]
  return wide === null || narrow === null ? NOTHING : drawnFigure(name, { wide, narrow })
}

function table(plan: Plan): Html {
  const { head, lines, left } = planTable(plan)
  const [first, ...names] = head
  return html`<div class="scroll" role="region" aria-label="Configurations" tabindex="0"><table class="whole"><thead><tr><th scope="col">${first!}</th>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${lines.map(({ row, cells }) => html`<tr><th scope="row">${cells[0]!}</th>${cells.slice(1).map((cell) => (cell === row.verdict ? html`<td><b class="${CLASSES[row.verdict]}">${cell}</b></td>` : html`<td>${cell}</td>`))}</tr>\n`)}</tbody></table></div>
${left > 0 ? html`<p class="quiet">… and ${plural(left, 'row')} more in plan.json.</p>` : NOTHING}`
}
