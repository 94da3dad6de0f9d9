import { visibleLine } from '../../scenarios/index.ts'
import type { Comparison, Result, WhatIf } from '../../sim/documents/index.ts'
import { PARTS } from '../charts/latency/where-time-went.ts'
import { count, loadText, NONE, plural, valueText } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { MEMORY_TABLES, memoryAlarms } from '../tables/memory-rows.ts'
import { LATENCY, namedCells, type PercentileTable, TOKENS } from '../tables/percentile-tables.ts'
import { RESULT_TABLES } from '../tables/result-tables.ts'
import {
  type Cell,
  checksOf,
  comparisonRows,
  headline,
  hostText,
  objectiveLines,
  whatIfRows,
} from '../tables/summary.ts'
import { alignColumns } from './align.ts'

const COLUMNS = [
  'percentile',
  'n',
  'simulated',
  'measured',
  'structure error',
  'prediction error',
  'A/A',
  'verdict',
]

function tableRows(comparison: Comparison): string[][] {
  return comparisonRows(comparison).map((row) => [
    row.percentile,
    row.n,
    row.simulated.text,
    row.measured.text,
    row.structure.text,
    row.prediction.text,
    row.noise.text,
    row.verdicts.map((verdict) => verdict ?? NONE).join(' / '),
  ])
}

const LEGEND = [
  'Errors are simulated − measured. Structure: the worst of all replays; prediction: the median.',
  'A/A: median difference of two replays. Verdict: structure / prediction. n: per replay.',
]

const RATIO_COLUMNS = [
  'percentile',
  'n',
  'A',
  'B',
  'B/A predicted',
  'B/A measured',
  'error',
  'A/A',
  'verdict',
]

function ratioTableRows(whatIf: WhatIf): string[][] {
  return whatIfRows(whatIf).map((row) => [
    row.percentile,
    row.n,
    row.a,
    row.b,
    row.predicted.text,
    row.measured.text,
    row.error.text,
    row.noise.text,
    row.verdict ?? NONE,
  ])
}

function arenaTableRows(comparison: Comparison): string[][] {
  return arenaRows(comparison).map(({ replica, of, cells }) => [`${replica}, ${of}`, ...cells])
}

/** The changes, as a sentence above the ratios. */
function whatIfTitle({ changes, rounds }: WhatIf): string {
  const changed = visibleLine(changes.join(', '))
  return `What if (A → B): ${changed}; ${plural(rounds, 'round')} of interleaved replays`
}

const RATIO_LEGEND =
  'B/A: latency with the change over latency without it. Error: predicted over measured ratio, less 1.'

/** The comparison for a terminal: verdict, table, checks and what could not be said. */
export function comparisonText(comparison: Comparison): string {
  const { verdict, reason } = headline({ simulated: null, measured: null, comparison })
  const { scenario, replays, replications, what_if } = comparison
  const checks = checksOf(comparison).map((check) => [
    `  ${check.name}`,
    check.verdict,
    check.reason,
  ])
  return [
    visibleLine(`${verdict}  ${reason}`),
    `${visibleLine(scenario.name)}: ${plural(replications, 'replication')} against ${plural(replays, 'replay')}`,
    '',
    alignColumns([COLUMNS, ...tableRows(comparison)]),
    ...unsupported(comparisonRows(comparison).map((row) => [row.percentile, row.measured])),
    '',
    ...(what_if ? [...ratioLines(what_if), ''] : []),
    ...arenaLines(comparison),
    ...checks.map(([name, is, why]) =>
      visibleLine(`${name!.padEnd(20)}  ${is!.padEnd(9)}  ${why}`),
    ),
    '',
    ...LEGEND,
    ...(what_if ? [RATIO_LEGEND] : []),
  ].join('\n')
}

function arenaLines(comparison: Comparison): string[] {
  const rows = arenaTableRows(comparison)
  if (rows.length === 0) return []
  const notes = arenaNotes(comparison).map(visibleLine)
  return [alignColumns([[...ARENA_COLUMNS], ...rows]), ...notes, '']
}

function ratioLines(whatIf: WhatIf): string[] {
  return [
    whatIfTitle(whatIf),
    alignColumns([RATIO_COLUMNS, ...ratioTableRows(whatIf)]),
    ...unsupported(whatIfRows(whatIf).map((row) => [row.percentile, row.measured])),
  ]
}

/** One line for each figure that the sample does not support. */
function unsupported(cells: readonly (readonly [string, Cell])[]): string[] {
  return cells.flatMap(([name, { reason }]) =>
    reason ? [visibleLine(`  ${name}: ${reason}`)] : [],
  )
}

/** One result for a terminal: objectives, classes and pools with counts and percentiles. */
export function resultText(result: Result): string {
  const { world, scenario, runs, duration_s, seed, host, warnings, valid } = result
  const run = `${count(runs)} ${world === 'measured' ? 'replay' : 'replication'}${runs === 1 ? '' : 's'}`
  const input =
    world === 'measured'
      ? { simulated: null, measured: result, comparison: null }
      : { simulated: result, measured: null, comparison: null }
  const load = result.load === null ? NONE : loadText(result.load)
  const head = `${run} of ${duration_s} s, load ${load}, seed ${seed}`
  const objectives = objectiveLines(input)
  const facts = [
    `${scenario.name}, ${world}: ${head}`,
    ...(host ? [hostText(host)] : []),
    ...(result.profile === null ? [] : [`profile ${result.profile.name} (${result.profile.hash})`]),
    ...(valid ? [] : ['NOT VALID: the load generator itself was late']),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...memoryAlarms(result).map((alarm) => `out of memory: ${alarm}`),
    ...(objectives.length > 0 ? [''] : []),
    ...objectives.map(
      ({ verdict, objective, found }) => `${verdict.padEnd(9)}  ${objective}  (${found})`,
    ),
  ]
  return [
    ...facts.map(visibleLine),
    ...percentiles(LATENCY, result),
    ...unsupported(namedCells(LATENCY, LATENCY.rows(result))),
    ...percentiles(TOKENS, result),
    ...means(result),
    ...[...RESULT_TABLES, ...MEMORY_TABLES].flatMap(({ columns, rows, note }) => [
      ...optional(columns, rows(result)),
      ...[note?.(result) ?? []].flat().map((text) => visibleLine(`  ${text}`)),
    ]),
  ].join('\n')
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

function means({ classes }: Result): string[] {
  const rows = classes.map(({ name, parts }) => [
    name,
    ...PARTS.map(({ key }) => valueText(parts[key].mean, 'time')),
  ])
  return optional(['mean time', ...PARTS.map((part) => part.name)], rows)
}
