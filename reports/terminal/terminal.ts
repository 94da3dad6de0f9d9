import { visibleLine } from '../../scenarios/index.ts'
import type { Comparison, Percentiles, Result, WhatIf } from '../../sim/documents/index.ts'
import { PARTS } from '../charts/latency/where-time-went.ts'
import { count, estimateText, loadText, NONE, plural, valueText } from '../format.ts'
import { ARENA_COLUMNS, arenaNotes, arenaRows } from '../tables/arena-rows.ts'
import { CALL_COLUMNS, callRows } from '../tables/call-rows.ts'
import { COUNT_COLUMNS, countCells } from '../tables/count-rows.ts'
import { MEMORY_TABLES, memoryAlarms } from '../tables/memory-rows.ts'
import { SHED_COLUMNS, shedRows } from '../tables/shed-rows.ts'
import {
  type Cell,
  capacityText,
  checksOf,
  comparisonRows,
  headline,
  hostText,
  objectiveLines,
  timeCell,
  unknownCapacities,
  whatIfRows,
} from '../tables/summary.ts'
import { SURGE_COLUMNS, surgeRows } from '../tables/surge-rows.ts'
import { ENGINE_COLUMNS, engineRows, TOKEN_COLUMNS, tokenRows } from '../tables/token-rows.ts'
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

/** The comparison as Markdown tables, numbers right aligned. */
export function comparisonTable(comparison: Comparison): string {
  const { what_if } = comparison
  const ratios = what_if
    ? [
        '',
        whatIfTitle(what_if),
        '',
        ...markdown(RATIO_COLUMNS, ratioTableRows(what_if)),
        '',
        RATIO_LEGEND,
      ]
    : []
  const arenas = arenaTableRows(comparison)
  const memory =
    arenas.length === 0
      ? []
      : ['', ...markdown(ARENA_COLUMNS, arenas), '', ...arenaNotes(comparison)]
  const table = markdown(COLUMNS, tableRows(comparison))
  return [...table, '', ...LEGEND, ...ratios, ...memory].join('\n')
}

function markdown(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const rule = columns.map((_, i) => (i === 0 ? ':--' : '--:'))
  return [columns, rule, ...rows].map((row) => `| ${row.join(' | ')} |`)
}

/** The comparison for a terminal: verdict, table, checks and unsupported figures. */
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
    '',
    latencies(result),
    ...tokens(result),
    '',
    'requests',
    indent(
      alignColumns([
        ['', ...COUNT_COLUMNS],
        ...result.classes.map((c) => [c.name, ...countCells(c.counts)]),
      ]),
    ),
    '',
    goodput(result),
    '',
    means(result),
    '',
    pools(result),
    ...optional([...SHED_COLUMNS], shedRows(result)),
    ...optional([...ENGINE_COLUMNS], engineRows(result)),
    ...optional([...CALL_COLUMNS], callRows(result)),
    ...optional([...SURGE_COLUMNS], surgeRows(result)),
    ...MEMORY_TABLES.flatMap(({ columns, rows }) => optional([...columns], rows(result))),
  ].join('\n')
}

/** A further table, unless it is empty. */
function optional(columns: string[], rows: string[][]): string[] {
  return rows.length > 0 ? ['', alignColumns([columns, ...rows])] : []
}

function tokens(result: Result): string[] {
  const rows = tokenRows(result)
  const cells = rows.map(({ name, mean, percentiles }) => [
    name,
    mean,
    ...percentiles.map(({ text }) => text),
  ])
  return optional([...TOKEN_COLUMNS], cells)
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}

const LEVELS = ['p50', 'p90', 'p95', 'p99', 'p99_9'] as const satisfies (keyof Percentiles)[]

function latencies({ classes }: Result): string {
  const rows = classes.map(({ name, latency }) => [
    name,
    valueText(latency.mean, 'time'),
    ...LEVELS.map((level) => timeCell(latency.percentiles[level]).text),
  ])
  const missing = classes.flatMap(({ name, latency }) =>
    unsupported(
      LEVELS.map((level) => [
        `${name} ${level.replace('_', '.')}`,
        timeCell(latency.percentiles[level]),
      ]),
    ),
  )
  const names = LEVELS.map((level) => level.replace('_', '.'))
  const table = alignColumns([['latency', 'mean', ...names], ...rows])
  return [table, ...missing].join('\n')
}

function goodput({ classes }: Result): string {
  const rows = classes.map(({ name, goodput_rps, goodput_share, retries }) => [
    name,
    estimateText(goodput_rps, 'rate'),
    estimateText(goodput_share, 'share'),
    count(retries),
  ])
  return alignColumns([['goodput', 'rate', 'share', 'retries'], ...rows])
}

function means({ classes }: Result): string {
  const rows = classes.map(({ name, parts }) => [
    name,
    ...PARTS.map(({ key }) => valueText(parts[key].mean, 'time')),
  ])
  return alignColumns([['mean time', ...PARTS.map((part) => part.name)], ...rows])
}

function pools(result: Result): string {
  const rows = result.pools.map((pool) => [
    pool.name,
    count(pool.replicas),
    estimateText(pool.utilisation, 'share'),
    capacityText(pool),
    estimateText(pool.batch_mean, 'plain'),
    pool.batch_efficiency === null ? NONE : estimateText(pool.batch_efficiency, 'share'),
    estimateText(pool.wasted, 'share'),
  ])
  const head = ['pool', 'replicas', 'utilisation', 'capacity', 'mean batch', 'useful', 'wasted']
  const unknown = unknownCapacities(result)
  const notes = unknown === null ? [] : [visibleLine(`  ${unknown}`)]
  return [alignColumns([head, ...rows]), ...notes].join('\n')
}
