import { visibleLine } from '../../scenarios/index.ts'
import type { Comparison, Result, WhatIf } from '../../sim/documents/index.ts'
import type { ReportInput } from '../charts/frame.ts'
import { partsOf } from '../charts/latency/where-time-went.ts'
import { declared, loadText, NONE, plural, runsText, valueText } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { AVAILABILITY_TABLES } from '../tables/availability-tables.ts'
import { bothSidesTable } from '../tables/both-sides-table.ts'
import { ENERGY_TABLES } from '../tables/energy-tables.ts'
import {
  controlTexts,
  errorSplitTable,
  SPLIT_NOTES,
  splitRows,
} from '../tables/error-split-table.ts'
import { MEMORY_TABLES, memoryAlarms } from '../tables/memory-rows.ts'
import {
  type Cell,
  COMPARISON_NOTES,
  comparisonTable,
  latencyTable,
  missingText,
  namedCells,
  type PercentileTable,
  STALL_FREE_NOTE,
  stallFreeTable,
  TOKENS,
  type VerdictTable,
  whatIfTable,
} from '../tables/percentile-tables.ts'
import { RESULT_TABLES } from '../tables/result-tables.ts'
import {
  checksOf,
  decisiveReason,
  headroomText,
  hostText,
  NOT_VALID,
  noiseFloorText,
  notCountedReplays,
  objectiveLines,
  overloadText,
  precisionText,
  replaysText,
  resultCostText,
} from '../tables/summary.ts'
import { illConditioned, UNCERTAINTY_TABLES } from '../tables/uncertainty-tables.ts'
import { whatIfAnswer } from '../tables/what-if-answer.ts'
import { changesText, measuredText, notCountedRounds } from '../what-if-text.ts'
import { alignColumns } from './align.ts'

/** The changes, as a sentence above the ratios. */
function whatIfTitle(whatIf: WhatIf): string {
  return `What if (A → B): ${visibleLine(changesText(whatIf).join(', '))}; ${measuredText(whatIf)}`
}

const whatIfLines = (whatIf: WhatIf) => [
  whatIfTitle(whatIf),
  ...notCountedRounds(whatIf).map((text) => visibleLine(`  ${text}`)),
  ...verdictLines(whatIfTable(whatIf)),
  '',
]

const RATIO_LEGEND = [
  'B/A: latency of B over latency of A, of all blocks together; interval by a bootstrap over blocks.',
  'Error: predicted over measured ratio, less 1.',
]

/** The comparison for a terminal: verdict, tables, checks, and figures without enough samples. */
export function comparisonText(comparison: Comparison): string {
  const { scenario, replications, verdict, what_if } = comparison
  return [
    ...(what_if ? [whatIfAnswer(what_if), ''] : []),
    visibleLine(`${verdict}  ${decisiveReason(comparison)}`),
    `${visibleLine(scenario.name)}: ${plural(replications, 'replication')} against ${replaysText(comparison)}`,
    ...notCountedReplays(comparison).map((text) => visibleLine(`  ${text}`)),
    ...overloadLines(comparison),
    '',
    ...verdictLines(comparisonTable(comparison)),
    '',
    ...splitLines(comparison),
    ...stallFreeLines(comparison),
    ...(what_if ? whatIfLines(what_if) : []),
    ...arenaLines(comparison),
    ...checksOf(comparison).map((check) => checkLine(check.name, check.verdict, check.reason)),
    checkLine('noise floor (A/A)', '', noiseFloorText(comparison)),
    '',
    ...COMPARISON_NOTES,
    ...(splitRows(comparison).length > 0 ? SPLIT_NOTES : []),
    STALL_FREE_NOTE,
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
  return [alignColumns([columns.map(([head]) => head), ...cells]), ...unsupported(measured)]
}

/** Parts of the prediction error, where there is one. */
function splitLines(comparison: Comparison): string[] {
  const { caption, columns, rows } = errorSplitTable(comparison)
  if (rows.length === 0) return []
  const control = controlTexts(comparison).map((text) => visibleLine(`  ${text}`))
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

/** One line for each figure that the sample does not support. */
function unsupported(cells: readonly (readonly [string, Cell])[]): string[] {
  return cells.flatMap(([name, { reason }]) =>
    reason ? [visibleLine(`  ${missingText(name, reason)}`)] : [],
  )
}

/** One result for a terminal: objectives, classes and pools with counts and percentiles. */
export function resultText(result: Result): string {
  const { world, scenario, duration_s, seed, host, warnings, valid } = result
  const load = result.load === null ? NONE : loadText(result.load)
  const head = `${runsText(result)} of ${declared(duration_s)} s, load ${load}, seed ${seed}`
  const none = { simulated: null, measured: null, comparison: null }
  const objectives = objectiveLines({ ...none, [world]: result })
  const headroom = headroomText(result)
  const cost = resultCostText(result)
  const overloaded = overloadText(result)
  const facts = [
    `${scenario.name}, ${world}: ${head}`,
    ...(host ? [hostText(host)] : []),
    ...profileLine(result),
    ...[precisionText(result) ?? []].flat(),
    ...(valid ? [] : [NOT_VALID]),
    ...(overloaded === null ? [] : [overloaded]),
    ...illConditioned(result),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...memoryAlarms(result).map((alarm) => `out of memory: ${alarm}`),
    ...(objectives.length > 0 ? [''] : []),
    ...objectives.map(
      ({ verdict, objective, figure }) => `${verdict.padEnd(9)}  ${objective}  (${figure})`,
    ),
    ...(headroom === null ? [] : [`headroom   ${headroom}`]),
    ...(cost === null ? [] : [`cost       ${cost}`]),
  ]
  const latency = latencyTable([result])
  return [
    ...facts.map(visibleLine),
    ...percentiles(latency, result),
    ...unsupported(namedCells(latency, latency.rows(result))),
    ...percentiles(TOKENS, result),
    ...means(result),
    ...[
      ...UNCERTAINTY_TABLES,
      ...RESULT_TABLES,
      ...AVAILABILITY_TABLES,
      ...ENERGY_TABLES,
      ...MEMORY_TABLES,
    ].flatMap(({ columns, rows, note }) => [
      ...optional(columns, rows(result)),
      ...[note?.(result) ?? []].flat().map((text) => visibleLine(`  ${text}`)),
    ]),
  ].join('\n')
}

function profileLine({ world, profile, uncertainty }: Result): string[] {
  if (profile === null) return []
  const both = uncertainty !== undefined
  const intervals = both ? 'intervals by draws are not' : 'intervals are of the draws only, not'
  const of = world === 'simulated' ? `; ${intervals} of the profile` : ''
  return [`profile ${profile.name} (${profile.hash})${of}`]
}

/** Both sides of a what-if, where there are documents of both. */
export function bothSidesText(input: ReportInput): string[] {
  const content = bothSidesTable(input)
  if (content === null) return []
  return [content.caption, alignColumns([content.columns, ...content.rows])]
}

/** The verdicts on the scenario's objectives, of each side, where it states any. */
export function objectivesText(input: ReportInput): string[] {
  const lines = objectiveLines(input).map(({ world, verdict, objective, figure }) => [
    `  ${verdict}`,
    world,
    objective,
    figure,
  ])
  return lines.length === 0
    ? []
    : [
        'Objectives of the scenario, no part of the verdict above:',
        alignColumns(lines, [0, 1, 2, 3]),
      ]
}

/** A further table, where there is anything in it. */
function optional(columns: readonly string[], rows: readonly string[][]): string[] {
  return rows.length > 0 ? ['', alignColumns([columns, ...rows])] : []
}

function percentiles({ columns, rows }: PercentileTable, result: Result): string[] {
  const lines = rows(result).map(({ name, quantity, mean, percentiles }) => [
    name,
    valueText(mean, quantity),
    ...percentiles.map(({ text }) => text),
  ])
  return optional(columns, lines)
}

function means(result: Result): string[] {
  const shown = partsOf(result)
  const rows = result.classes.map(({ name, parts }) => [
    name,
    ...shown.map(({ key }) => valueText(parts[key]!.mean, 'time')),
  ])
  return optional(['mean time', ...shown.map((part) => part.name)], rows)
}
