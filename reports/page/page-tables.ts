import type { Comparison, Verdict, WhatIf } from '../../sim/documents/index.ts'
import { type ReportInput, type World, worlds } from '../charts/frame.ts'
import { count, estimateText, NONE } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { LATENCY, namedCells, type PercentileTable, TOKENS } from '../tables/percentile-tables.ts'
import type { ResultTable } from '../tables/result-tables.ts'
import { type Cell, comparisonRows, whatIfRows } from '../tables/summary.ts'
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

/** Percentiles of each class in each world, where nothing was compared. */
export function percentileSection(input: ReportInput): Html {
  const present = worlds(input)
  const missing = present.flatMap(({ name, result }) => {
    const rows = LATENCY.rows(result).map((row) => ({ ...row, name: `${row.name}, ${name}` }))
    return namedCells(LATENCY, rows)
  })
  return html`${percentileTable(LATENCY, present)}${reasons(missing)}${percentileTable(TOKENS, present)}`
}

function percentileTable({ caption, columns, rows }: PercentileTable, present: World[]): Html {
  const all = present.flatMap(({ name: world, result }) =>
    rows(result).map(({ name, quantity, mean, percentiles }) => [
      named(name, world),
      count(mean.n),
      estimateText(mean, quantity),
      ...percentiles.map(show),
    ]),
  )
  const [head, ...rest] = columns
  return optional({ caption, columns: [head!, 'n', ...rest], rows: all })
}

/** What a row of one world is about. */
const named = (name: string, world: World['name']) =>
  html`<span class="${world}">${name}, ${world}</span>`

/** A table, where there is anything in it. */
function optional(content: Table): Html {
  return content.rows.length === 0 ? NOTHING : table(content)
}

/** Tables of a result in each world, with their notes. */
export function resultTables(input: ReportInput, tables: readonly ResultTable[]): Html {
  const present = worlds(input)
  const shown = tables.map(({ caption, columns, rows, note }) => {
    const all = present.flatMap(({ name: world, result }) =>
      rows(result).map(([name, ...cells]) => [named(name!, world), ...cells]),
    )
    const notes = new Set(present.flatMap(({ result }) => note?.(result) ?? []))
    return html`${optional({ caption, columns, rows: all })}${[...notes].map((text) => html`<p class="quiet">${text}</p>\n`)}`
  })
  return html`${shown}`
}
