import { visibleLine } from '../../scenarios/index.ts'
import type { Comparison, WhatIf } from '../../sim/documents/index.ts'
import type { ReportInput } from '../charts/frame.ts'
import { NONE, plural } from '../format.ts'
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
import {
  controlTexts,
  errorSplitTable,
  SPLIT_NOTES,
  splitRows,
} from '../tables/error-split-table.ts'
import {
  checksOf,
  decisiveReason,
  noiseFloorText,
  notCountedReplays,
  overloadText,
  replaysText,
} from '../tables/summary.ts'
import { whatIfAnswer } from '../tables/what-if-answer.ts'
import { changesText, measuredText, notCountedRounds } from '../what-if-text.ts'
import { widerLatencyTexts, widerRatioTexts } from '../wider-texts.ts'
import { alignColumns } from './align.ts'
import { unsupportedLines } from './unsupported-lines.ts'

/** The changes, as a sentence above the ratios. */
function whatIfTitle(whatIf: WhatIf): string {
  return `What if (A → B): ${visibleLine(changesText(whatIf).join(', '))}; ${measuredText(whatIf)}`
}

const indented = (texts: readonly string[]) => texts.map((text) => visibleLine(`  ${text}`))

const whatIfLines = (whatIf: WhatIf) => [
  whatIfTitle(whatIf),
  ...indented(notCountedRounds(whatIf)),
  ...tableLines(whatIfTables(whatIf)),
  ...indented(widerRatioTexts(whatIf)),
  '',
]

const RATIO_LEGEND = [
  'B/A: latency of B over latency of A, of all blocks together; interval by a bootstrap over blocks.',
  'Error: predicted over measured ratio, less 1.',
]

/** The comparison for a terminal: verdict, tables, checks, and figures without enough samples. */
export function comparisonText(comparison: Comparison): string {
  const { scenario, replications, verdict, what_if, not_seen } = comparison
  return [
    ...(what_if ? [whatIfAnswer(what_if), ''] : []),
    visibleLine(`${verdict}  ${decisiveReason(comparison)}`),
    `${visibleLine(scenario.name)}: ${plural(replications, 'replication')} against ${replaysText(comparison)}`,
    ...indented(notCountedReplays(comparison)),
    ...overloadLines(comparison),
    '',
    ...tableLines(comparisonTables(comparison)),
    ...indented(widerLatencyTexts(comparison)),
    '',
    ...splitLines(comparison),
    ...stallFreeLines(comparison),
    ...(what_if ? whatIfLines(what_if) : []),
    ...arenaLines(comparison),
    ...checksOf(comparison).map((check) => checkLine(check.name, check.verdict, check.reason)),
    ...(not_seen === undefined ? [] : [checkLine('not seen', '', not_seen)]),
    checkLine('noise floor (A/A)', '', noiseFloorText(comparison)),
    '',
    ...COMPARISON_NOTES,
    ...(splitRows(comparison).length > 0 ? SPLIT_NOTES : []),
    ...(comparison.stall_free === undefined ? [] : [STALL_FREE_NOTE]),
    ...(what_if ? RATIO_LEGEND : []),
  ].join('\n')
}

/** A line for each side that is not stable. */
function overloadLines({ stability }: Comparison): string[] {
  return (['predicted', 'measured'] as const).flatMap((side) => {
    const text = overloadText({ stability: stability[side] })
    return text === null ? [] : [visibleLine(`  ${side}: ${text}`)]
  })
}

function checkLine(name: string, verdict: string, text: string): string {
  return visibleLine(`  ${name.padEnd(18)}  ${verdict.padEnd(9)}  ${text}`)
}

function verdictLines({ columns, rows }: VerdictTable): string[] {
  const cells = rows.map((row) => [
    row.percentile,
    ...row.cells.map(({ text }) => text),
    row.verdicts.map((verdict) => verdict ?? NONE).join(' / '),
  ])
  const measured = rows.map(({ percentile, sides }) => [percentile, sides[1][1]] as const)
  return [alignColumns([columns.map(([head]) => head), ...cells]), ...unsupportedLines(measured)]
}

/** A single table, or several with a caption each. */
function tableLines(tables: readonly VerdictTable[]): string[] {
  const [only, ...others] = tables
  if (others.length === 0) return verdictLines(only!)
  return tables.flatMap((table, i) => [
    ...(i > 0 ? [''] : []),
    table.caption,
    ...verdictLines(table),
  ])
}

/** Parts of the prediction error, where there is one. */
function splitLines(comparison: Comparison): string[] {
  const { caption, columns, rows } = errorSplitTable(comparison)
  if (rows.length === 0) return []
  const control = indented(controlTexts(comparison))
  return [caption, alignColumns([columns, ...rows]), ...control, '']
}

/** The second table, or the shares alone where those requests support no percentile. */
function stallFreeLines(comparison: Comparison): string[] {
  const table = stallFreeTable(comparison)
  if (table === null) return []
  return [table.caption, ...(table.rows.length > 0 ? verdictLines(table) : []), '']
}

function arenaLines(comparison: Comparison): string[] {
  const rows = arenaRows(comparison).map(({ replica, of, cells }) => [
    `${replica}, ${of}`,
    ...cells,
  ])
  if (rows.length === 0) return []
  const notes = arenaNotes(comparison).map(visibleLine)
  return [alignColumns([ARENA_COLUMNS, ...rows]), ...notes, '']
}

/** Both sides of a what-if, where there are documents of both. */
export function bothSidesText(input: ReportInput): string[] {
  const content = bothSidesTable(input)
  if (content === null) return []
  return [content.caption, alignColumns([content.columns, ...content.rows])]
}
