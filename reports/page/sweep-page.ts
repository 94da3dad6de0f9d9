import type { Sweep } from '../../sim/documents/index.ts'
import { NARROW, WIDE } from '../charts/index.ts'
import { sweepCharts } from '../charts/sweep/index.ts'
import { count, plural } from '../format.ts'
import {
  ranked,
  sweepAnswer,
  sweepCells,
  sweepLegend,
  withoutFigures,
} from '../tables/sweep-rows.ts'
import { documentPage, drawnFigure } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'

/** Rows of the table on a page. */
const MOST_ROWS = 100

/** The result of `sweep`, as one HTML file that needs neither network nor scripts. */
export async function sweepHtml(sweep: Sweep): Promise<string> {
  const { scenario, configurations, counts } = sweep
  const rows = ranked(sweep)
  const shown = rows.slice(0, MOST_ROWS)
  const without = withoutFigures(sweep)
  const verdict = (['PASS', 'UNDECIDED', 'FAIL'] as const).find((name) => counts[name] > 0) ?? ''
  const left = configurations - shown.length
  const body = html`<h1>${isolated(scenario.name)}</h1>
${scenario.description === '' ? NOTHING : html`<p class="question">${isolated(scenario.description)}</p>`}
<p class="verdict ${verdict}" role="status">${sweepAnswer(sweep)}</p>
${without === null ? NOTHING : html`<p class="warning">${without}</p>`}
${await figures(sweep)}
<h2>Configurations</h2>
${tableOf(sweepCells(sweep, shown))}
<p class="quiet">${left > 0 ? `${count(left)} more in results.parquet. ` : ''}${sweepLegend(sweep)}</p>
<h2>How this was made</h2>
<ul><li>Every configuration is the scenario with other values, simulated in ${plural(sweep.replications, 'replication')} with the seed ${sweep.seed}.
Replications of the same number have the same random numbers in all configurations.</li>
<li>Scenario ${scenario.hash}, ${sweep.profile === null ? 'without a profile' : `profile ${sweep.profile.name} (${sweep.profile.hash})`}, Spillway ${sweep.version}${sweep.commit === null ? '' : ` (${sweep.commit})`}.</li>
${sweep.paths.map((path, i) => html`<li>${isolated(path)}${sweep.grid === null ? NOTHING : html`: ${sweep.grid[i]!.join(', ')}`}</li>\n`)}</ul>
<p>This command reproduces it:</p>
<pre>${isolated(commandOf(sweep))}</pre>`
  return documentPage(`${scenario.name} – Spillway sweep`, body)
}

/** Rows of text; verdicts in their colours. */
function tableOf([names = [], ...rows]: readonly (readonly string[])[]): Html {
  const cell = (text: string) =>
    ['PASS', 'UNDECIDED', 'FAIL'].includes(text) ? html`<b class="${text}">${text}</b>` : text
  return html`<div class="scroll" role="region" aria-label="configurations" tabindex="0"><table><thead><tr>${names.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${rows.map(([first = '', ...cells]) => html`<tr><th scope="row">${first}</th>${cells.map((text) => html`<td>${cell(text)}</td>`)}</tr>\n`)}</tbody></table></div>`
}

async function figures(sweep: Sweep): Promise<Html[]> {
  const [wide, narrow] = [sweepCharts(sweep, WIDE), sweepCharts(sweep, NARROW)]
  const drawn: Html[] = []
  for (const [i, { name, spec }] of wide.entries()) {
    drawn.push(await drawnFigure(name, { wide: spec, narrow: narrow[i]!.spec }))
  }
  return drawn
}

/** Everything that decides the rows is in the plan, so the command is that of all its shards. */
function commandOf(sweep: Sweep): string {
  const { scenario, set, paths, grid, replications, seed, shard } = sweep
  const sets = [...set, ...(grid ?? []).map((values, i) => `${paths[i]}=${values.join(',')}`)]
  const words = [
    ...['spillway', 'sweep', scenario.file],
    ...sets.flatMap((text) => ['--set', text]),
    ...(grid === null ? ['--points', 'FILE'] : []),
    ...['--seed', String(seed), '--replications', String(replications)],
    ...(shard === null ? [] : ['--shard', `${shard.index}/${shard.of}`]),
    ...['--out', 'DIR'],
  ]
  return words.map(quoted).join(' ')
}

const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
