import type { Comparison, WhatIf } from '../../sim/documents/index.ts'
import { type LabelledWorld, type ReportInput, sidesOf } from '../charts/frame.ts'
import { capitalise, count, estimateText, NONE } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { bothSidesTable } from '../tables/both-sides-table.ts'
import {
  COMPARISON_NOTES,
  comparisonTables,
  STALL_FREE_NOTE,
  stallFreeTable,
  type VerdictTable,
  whatIfTables,
} from '../tables/comparison-table.ts'
import { controlTexts, errorSplitTable, SPLIT_NOTES } from '../tables/error-split-table.ts'
import {
  type Cell,
  latencyTable,
  missingText,
  namedCells,
  type PercentileTable,
  TOKENS,
} from '../tables/percentile-tables.ts'
import type { ResultTable } from '../tables/result-tables.ts'
import { widerLatencyTexts, widerRatioTexts } from '../wider-texts.ts'
import { type Html, html, NOTHING } from './html.ts'

interface Table {
  readonly caption: string
  readonly columns: readonly string[]
  /** the first cell of each row is its name */
  readonly rows: readonly (readonly (Html | string)[])[]
  /** whether the cells are text, set from the left, rather than figures */
  readonly words?: boolean
}

/** A cell's text with line breaks only before a bracket. */
const unbroken = (text: string) => text.replace(/ (?![[(])/g, '\u00a0')

export function table({ caption, columns, rows, words = false }: Table): Html {
  const head = columns.map((name) => html`<th scope="col">${name}</th>`)
  const body = rows.map(
    ([name = '', ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map((cell) => html`<td>${typeof cell === 'string' ? unbroken(cell) : cell}</td>`)}</tr>\n`,
  )
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${words ? html` class="words"` : NOTHING}>
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
  const lines = named.flatMap(([name, { reason }]) => (reason ? [missingText(name, reason)] : []))
  if (lines.length === 0) return NOTHING
  return html`<p class="quiet">Not supported by the sample: ${[...new Set(lines)].join('; ')}.</p>\n`
}

function verdictTable({ caption, columns, rows }: VerdictTable, note: Html): Html {
  const body = rows.map(({ percentile, cells, verdicts }) => [
    percentile,
    ...cells.map(show),
    html`${verdicts.map((verdict, i) => html`${i > 0 ? ' / ' : ''}<b class="${verdict ?? ''}">${verdict ?? NONE}</b>`)}`,
  ])
  const named = rows.flatMap(({ percentile, sides }) =>
    sides.map(([name, cell]) => [`${name} ${percentile}`, cell] as const),
  )
  const heads = columns.map(([, head]) => head)
  return html`${table({ caption, columns: heads, rows: body })}${reasons(named)}${note === NOTHING ? NOTHING : html`<p class="quiet">${note}</p>\n`}`
}

/** Tables of the same columns, with a note below the last. */
const verdictTables = (tables: readonly VerdictTable[], note: Html) =>
  html`${tables.map((content, i) => verdictTable(content, i < tables.length - 1 ? NOTHING : note))}`

/** Percentiles of both sides with intervals, and the error split into its kinds. */
export function comparisonSection(comparison: Comparison): Html {
  const notes = html`${COMPARISON_NOTES.join(' ')}`
  const whole = html`${verdictTables(comparisonTables(comparison), notes)}${widerNote(widerLatencyTexts(comparison))}`
  const table = stallFreeTable(comparison)
  if (table === null) return whole
  if (table.rows.length === 0) return html`${whole}<p class="quiet">${table.caption}.</p>\n`
  return html`${whole}${verdictTable(table, html`${STALL_FREE_NOTE}`)}`
}

/** Parts of the prediction error, where there is one. */
export function splitSection(comparison: Comparison): Html {
  const content = errorSplitTable(comparison)
  if (content.rows.length === 0) return NOTHING
  const control = controlTexts(comparison).map((text) => `${capitalise(text)}.`)
  const notes = [...control, ...SPLIT_NOTES].join(' ')
  return html`${table(content)}<p class="quiet">${notes}</p>\n`
}

/** Both sides of a what-if, where there are documents of both. */
export function bothSidesSection(input: ReportInput): Html {
  const content = bothSidesTable(input)
  return content === null ? NOTHING : table(content)
}

/** Effect of the changes on each percentile: both sides, and the predicted and measured ratio. */
export function whatIfSection(whatIf: WhatIf): Html {
  if (whatIf.percentiles.length === 0) return NOTHING
  const note = html`A is the scenario of this report, B the same with the change. The measured ratio is of
the latencies of all blocks together, its interval by a bootstrap over blocks. Error: the predicted ratio over the
measured one, less 1. A/A: two replays of A, which is what noise alone would do to a ratio of whole replays.`
  return html`${verdictTables(whatIfTables(whatIf), note)}${widerNote(widerRatioTexts(whatIf))}`
}

/** What makes predictions wider; nothing where nothing does. */
const widerNote = (texts: readonly string[]): Html =>
  texts.length === 0 ? NOTHING : html`<p class="quiet">${capitalise(texts.join('; '))}.</p>\n`

/** The arena of each replica, real and simulated. */
export function arenaSection(comparison: Comparison): Html {
  const rows = arenaRows(comparison).map(({ replica, of, cells }) => {
    const world = of === 'measured' ? 'measured' : 'simulated'
    return [html`<span class="${world}">${replica}, ${of}</span>`, ...cells]
  })
  if (rows.length === 0) return NOTHING
  const caption = 'Arenas after the batches of the first replay'
  return html`<h2>Memory, simulated and measured</h2>
${table({ caption, columns: ARENA_COLUMNS, rows })}<ul class="plain">${arenaNotes(comparison).map(
    (note) => html`<li class="quiet">${note}</li>\n`,
  )}</ul>
`
}

/** Percentiles of each class in each world. */
export function percentileSection(input: ReportInput): Html {
  const present = sidesOf(input).flat()
  const latency = latencyTable(present.map(({ result }) => result))
  const missing = present.flatMap(({ label, result }) => {
    const rows = latency.rows(result).map((row) => ({ ...row, name: `${row.name}, ${label}` }))
    return namedCells(latency, rows)
  })
  return html`${percentileTable(latency, present)}${reasons(missing)}${percentileTable(TOKENS, present)}`
}

function percentileTable(
  { caption, columns, rows }: PercentileTable,
  present: LabelledWorld[],
): Html {
  const cells = present.flatMap(({ result, ...world }) =>
    rows(result).map(({ name, quantity, mean, percentiles }) => [
      named(name, world),
      count(mean.n),
      estimateText(mean, quantity),
      ...percentiles.map(show),
    ]),
  )
  const [head, ...rest] = columns
  return optional({ caption, columns: [head!, 'n', ...rest], rows: cells })
}

/** What a row of one world is about. */
const named = (row: string, { name, label }: Pick<LabelledWorld, 'name' | 'label'>) =>
  html`<span class="${name}">${row}, ${label}</span>`

/** A table, where there is anything in it. */
function optional(content: Table): Html {
  return content.rows.length === 0 ? NOTHING : table(content)
}

/** Tables of a result in each world, with their notes. */
export function resultTables(input: ReportInput, tables: readonly ResultTable[]): Html {
  const present = sidesOf(input).flat()
  const shown = tables.map(({ caption, columns, rows, note }) => {
    const cells = present.flatMap(({ result, ...world }) =>
      rows(result).map(([name, ...cells]) => [named(name!, world), ...cells]),
    )
    const notes = new Set(present.flatMap(({ result }) => note?.(result) ?? []))
    return html`${optional({ caption, columns, rows: cells })}${[...notes].map((text) => html`<p class="quiet">${text}</p>\n`)}`
  })
  return html`${shown}`
}
