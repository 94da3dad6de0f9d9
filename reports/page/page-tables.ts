import type { Comparison, Percentiles, Result, Verdict, WhatIf } from '../../sim/documents/index.ts'
import { type ReportInput, worlds } from '../charts/frame.ts'
import { count, estimateText, NONE } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { CALL_COLUMNS, callRows } from '../tables/call-rows.ts'
import { COUNT_COLUMNS, countCells } from '../tables/count-rows.ts'
import { SHED_COLUMNS, shedRows } from '../tables/shed-rows.ts'
import {
  type Cell,
  capacityText,
  comparisonRows,
  timeCell,
  unknownCapacities,
  whatIfRows,
} from '../tables/summary.ts'
import { SURGE_COLUMNS, surgeRows } from '../tables/surge-rows.ts'
import { ENGINE_COLUMNS, engineRows, TOKEN_COLUMNS, tokenRows } from '../tables/token-rows.ts'
import { type Html, html, NOTHING } from './html.ts'

interface Table {
  readonly caption: string
  readonly columns: readonly string[]
  /** the first cell of each row is its name */
  readonly rows: readonly (readonly (Html | string)[])[]
}

/** A cell's text with line breaks only before a bracket. */
const unbroken = (text: string) => text.replace(/ (?![[(])/g, '\u00a0')

function table({ caption, columns, rows }: Table): Html {
  const head = columns.map((name) => html`<th scope="col">${name}</th>`)
  const body = rows.map(
    ([name = '', ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${typeof cell === 'string' ? unbroken(cell) : cell}</td>`)}</tr>\n`,
  )
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table>
<caption>${caption}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody></table></div>
`
}

function show({ text, reason }: Cell): Html {
  const shown = unbroken(text)
  return reason ? html`<abbr title="${reason}">${shown}</abbr>` : html`${shown}`
}

/** Reasons for missing figures, as text: a printed page has no tooltips. */
function reasons(named: readonly (readonly [string, Cell])[]): Html {
  const lines = named.flatMap(([name, { reason }]) => (reason ? [`${name}: ${reason}`] : []))
  if (lines.length === 0) return NOTHING
  return html`<p class="quiet">Not supported by the sample: ${[...new Set(lines)].join('; ')}.</p>\n`
}

function showVerdict(verdict: Verdict | null): Html {
  return html`<b class="${verdict ?? ''}">${verdict ?? NONE}</b>`
}

/** Percentiles of both sides with intervals, and the error split into its kinds. */
export function comparisonSection(comparison: Comparison): Html {
  const rows = comparisonRows(comparison)
  const cells = rows.map((row) => [
    row.percentile,
    row.n,
    show(row.simulated),
    show(row.measured),
    show(row.structure),
    show(row.prediction),
    show(row.noise),
    html`${row.verdicts.map((verdict, i) => html`${i > 0 ? ' / ' : ''}${showVerdict(verdict)}`)}`,
  ])
  const columns = [
    'percentile',
    'requests per replay',
    'simulated [low,\u00a0high]',
    'measured [low,\u00a0high]',
    'structure error, worst',
    'prediction error, median',
    'A/A, median',
    'structure / prediction',
  ]
  return html`${table({ caption: 'Percentiles of the latency', columns, rows: cells })}${reasons(
    rows.flatMap((row) => [
      [`simulated ${row.percentile}`, row.simulated] as const,
      [`measured ${row.percentile}`, row.measured] as const,
    ]),
  )}<p class="quiet">Errors are simulated − measured, relative. Structure: the simulator driven by
what each replay itself recorded. Prediction: the simulator driven by the profile. A/A: two replays
of the same requests, the yardstick of both.</p>
`
}

/** Effect of the changes on each percentile: both sides, and the predicted and measured ratio. */
export function whatIfSection(whatIf: WhatIf): Html {
  const rows = whatIfRows(whatIf)
  if (rows.length === 0) return NOTHING
  const cells = rows.map((row) => [
    row.percentile,
    row.n,
    row.a,
    row.b,
    show(row.predicted),
    show(row.measured),
    show(row.error),
    show(row.noise),
    showVerdict(row.verdict),
  ])
  const columns = [
    'percentile',
    'requests per replay',
    'A, measured',
    'B, measured',
    'B/A predicted [low,\u00a0high]',
    'B/A measured [low,\u00a0high]',
    'error',
    'A/A, median',
    'verdict',
  ]
  return html`${table({ caption: 'What the change does to the latency', columns, rows: cells })}${reasons(
    rows.flatMap((row) => [
      [`predicted ${row.percentile}`, row.predicted] as const,
      [`measured ${row.percentile}`, row.measured] as const,
    ]),
  )}<p class="quiet">A is the scenario of this report, B the same with the change. Error: the
predicted ratio over the measured one, less 1. A/A: two replays of A, which is what noise alone
would do to the ratio.</p>
`
}

/** The arena of each replica, real and simulated. */
export function arenaSection(comparison: Comparison): Html {
  const rows = arenaRows(comparison).map(({ replica, of, cells }) => {
    const world = of === 'measured' ? 'measured' : 'simulated'
    return [html`<span class="${world}">${replica}, ${of}</span>`, ...cells]
  })
  if (rows.length === 0) return NOTHING
  const caption = 'What arenas did with the batches of the first replay'
  return html`<h2>Memory, simulated and measured</h2>
${table({ caption, columns: ARENA_COLUMNS, rows })}<ul class="plain">${arenaNotes(comparison).map(
    (note) => html`<li class="quiet">${note}</li>\n`,
  )}</ul>
`
}

const LEVELS = ['p50', 'p90', 'p95', 'p99', 'p99_9'] as const satisfies (keyof Percentiles)[]

/** Percentiles of each class on each side, if nothing was compared. */
export function percentileSection(input: ReportInput): Html {
  const lines = worlds(input).flatMap(({ name, result }) =>
    result.classes.map((c) => ({ name: `${c.name}, ${name}`, world: name, latency: c.latency })),
  )
  const rows = lines.map(({ name, world, latency }) => [
    html`<span class="${world}">${name}</span>`,
    count(latency.percentiles.p50.n),
    estimateText(latency.mean, 'time'),
    ...LEVELS.map((level) => show(timeCell(latency.percentiles[level]))),
  ])
  const names = LEVELS.map((level) => level.replace('_', '.'))
  const columns = ['class', 'n', 'mean', ...names]
  const missing = lines.flatMap(({ name, latency }) =>
    LEVELS.map(
      (level, i) => [`${name} ${names[i]}`, timeCell(latency.percentiles[level])] as const,
    ),
  )
  return html`${table({ caption: 'Latency with 95 % intervals [low, high]', columns, rows })}${reasons(missing)}${tokenSection(input)}`
}

/** Times of tokens, if any were generated. */
function tokenSection(input: ReportInput): Html {
  const rows = worlds(input).flatMap(({ name: world, result }) =>
    tokenRows(result).map(({ name, mean, percentiles }) => [
      html`<span class="${world}">${name}</span>`,
      mean,
      ...percentiles.map(show),
    ]),
  )
  const caption = 'Times of tokens with 95 % intervals [low, high]'
  return optional({ caption, columns: TOKEN_COLUMNS, rows })
}

/** A table, unless it is empty. */
export function optional(content: Table): Html {
  return content.rows.length === 0 ? NOTHING : table(content)
}

/** Outcomes of the requests of each class, and the utilisation of each pool. */
export function countsSection(input: ReportInput): Html {
  const present = worlds(input)
  const of = (world: string, name: string) => html`<span class="${world}">${name}, ${world}</span>`
  const classes = present.flatMap(({ name, result }) =>
    result.classes.map(({ name: label, counts }) => [of(name, label), ...countCells(counts)]),
  )
  const goodput = present.flatMap(({ name, result }) =>
    result.classes.map(({ name: label, goodput_rps, goodput_share, retries }) => [
      of(name, label),
      estimateText(goodput_rps, 'rate'),
      estimateText(goodput_share, 'share'),
      count(retries),
    ]),
  )
  const pools = present.flatMap(({ name, result }) =>
    result.pools.map((p) => poolRow(of(name, p.name), p)),
  )
  const unknown = new Set(present.flatMap(({ result }) => unknownCapacities(result) ?? []))
  const shed = present.flatMap(({ name, result }) =>
    shedRows(result).map(([label, ...rest]) => [of(name, label!), ...rest]),
  )
  const engines = present.flatMap(({ name, result }) =>
    engineRows(result).map(([label, ...rest]) => [of(name, label!), ...rest]),
  )
  const calls = present.flatMap(({ name, result }) =>
    callRows(result).map(([label, ...rest]) => [of(name, label!), ...rest]),
  )
  const surges = present.flatMap(({ name, result }) =>
    surgeRows(result).map(([label, ...rest]) => [of(name, label!), ...rest]),
  )
  return html`${table({ caption: 'Requests', columns: ['class', ...COUNT_COLUMNS], rows: classes })}${table(
    {
      caption: 'Goodput',
      columns: ['class', 'rate', 'share of requests', 'retries'],
      rows: goodput,
    },
  )}${table({
    caption: 'Pools',
    columns: ['pool', 'replicas', 'utilisation', 'capacity', 'mean batch', 'useful', 'wasted'],
    rows: pools,
  })}${[...unknown].map((text) => html`<p class="quiet">${text}</p>\n`)}${optional({
    caption: 'Requests shed, by cause',
    columns: SHED_COLUMNS,
    rows: shed,
  })}${optional({ caption: 'Engines', columns: ENGINE_COLUMNS, rows: engines })}${optional({
    caption: 'Calls',
    columns: CALL_COLUMNS,
    rows: calls,
  })}${optional({ caption: 'Surges', columns: SURGE_COLUMNS, rows: surges })}`
}

function poolRow(name: Html, pool: Result['pools'][number]): (Html | string)[] {
  const { replicas, utilisation, batch_mean, batch_efficiency, wasted } = pool
  return [
    name,
    count(replicas),
    estimateText(utilisation, 'share'),
    capacityText(pool),
    estimateText(batch_mean, 'plain'),
    batch_efficiency === null ? NONE : estimateText(batch_efficiency, 'share'),
    estimateText(wasted, 'share'),
  ]
}
