import { best, type Sweep } from '../../sim/documents/index.ts'
import { sweepCharts } from '../charts/sweep/index.ts'
import { count, plural } from '../format.ts'
import {
  ranked,
  sweepAnswer,
  sweepCells,
  sweepLegend,
  triedCells,
  withoutFigures,
} from '../tables/sweep-rows.ts'
import { documentPage, drawnFigures } from './document-page.ts'
import { type Html, html, isolated, NOTHING } from './html.ts'
import { cellTable, question, warningList } from './page-parts.ts'

/** Rows of the table on a page. */
const MOST_ROWS = 100

const VERDICTS = ['PASS', 'UNDECIDED', 'FAIL'] as const

/** The result of `sweep`, as one HTML file that needs neither network nor scripts. */
export async function sweepHtml(sweep: Sweep): Promise<string> {
  const { scenario, configurations, counts } = sweep
  const rows = ranked(sweep)
  const shown = rows.slice(0, MOST_ROWS)
  const without = withoutFigures(sweep)
  const byRows = best(VERDICTS.filter((name) => counts[name] > 0)) ?? ''
  const verdict = sweep.answer?.configuration === null ? 'UNDECIDED' : byRows
  const left = configurations - shown.length
  const body = html`<p class="verdict ${verdict}" role="status">${sweepAnswer(sweep)}</p>
${without === null ? NOTHING : html`<p class="warning">${without}</p>`}${warningList(sweep.warnings ?? [])}
${[...(await drawnFigures((width) => sweepCharts(sweep, width))).values()]}
<h2>Configurations</h2>
${cellTable(sweepCells(sweep, shown), 'configurations', inColour)}
<p class="quiet">${left > 0 ? `${count(left)} more in results.parquet. ` : ''}${sweepLegend(sweep)}</p>
${triedTable(sweep)}`
  const made = html`<ul><li>Every configuration is the scenario with other values, simulated in ${plural(sweep.replications, 'replication')} with the seed ${sweep.seed}.
Replications of the same number have the same random numbers in all configurations.</li>
<li>Scenario ${scenario.hash}, ${sweep.profile === null ? 'without a profile' : `profile ${sweep.profile.name} (${sweep.profile.hash})`}, Spillway ${sweep.version}${sweep.commit === null ? '' : ` (${sweep.commit})`}.</li>
${sweep.paths.map((path, i) => html`<li>${isolated(path)}${sweep.grid === null ? NOTHING : html`: ${sweep.grid[i]!.join(', ')}`}</li>\n`)}</ul>`
  return documentPage({
    title: `${scenario.name} – Spillway sweep`,
    heading: isolated(scenario.name),
    question: question(scenario.description),
    ...{ body, made, command: commandOf(sweep) },
  })
}

/** Nothing where all inputs are known. */
function triedTable(sweep: Sweep): Html {
  const cells = triedCells(sweep)
  if (cells.length === 0) return NOTHING
  return html`<h2>With uncertain inputs</h2>
${cellTable(cells, 'configurations with uncertain inputs', inColour)}
<p class="quiet">Configurations that hold at the stated inputs, tried by rank until one holds with uncertain inputs, too.</p>
`
}

/** A cell; verdicts in their colours. */
const inColour = (cell: string) =>
  VERDICTS.some((verdict) => verdict === cell) ? html`<b class="${cell}">${cell}</b>` : cell

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
