import { visibleLine } from '../../scenarios/index.ts'
import type { Result } from '../../sim/documents/index.ts'
import type { ReportInput } from '../charts/frame.ts'
import { partsOf } from '../charts/latency/where-time-went.ts'
import { declared, loadText, NONE, runsText, valueText } from '../format.ts'
import { AVAILABILITY_TABLES } from '../tables/availability-tables.ts'
import { ENERGY_TABLES } from '../tables/energy-tables.ts'
import { leftOutWidths } from '../tables/left-out-widths.ts'
import { MEMORY_TABLES, memoryAlarms } from '../tables/memory-rows.ts'
import {
  latencyTable,
  namedCells,
  type PercentileTable,
  TOKENS,
} from '../tables/percentile-tables.ts'
import { RESULT_TABLES } from '../tables/result-tables.ts'
import {
  headroomText,
  hostText,
  NOT_VALID,
  objectiveLines,
  overloadText,
  precisionText,
  resultCostText,
} from '../tables/summary.ts'
import { illConditioned, uncertaintySentences } from '../tables/uncertainty-sentences.ts'
import { UNCERTAINTY_TABLES } from '../tables/uncertainty-tables.ts'
import { alignColumns } from './align.ts'
import { unsupportedLines } from './unsupported-lines.ts'

/** One result for a terminal: objectives, classes and pools with counts and percentiles. */
export function resultText(result: Result): string {
  const { world, scenario, duration_s, seed, host, warnings, valid } = result
  const load = result.load === null ? NONE : loadText(result.load)
  const head = `${runsText(result)} of ${declared(duration_s)} s, load ${load}, seed ${seed}`
  const none = { simulated: null, measured: null, comparison: null }
  const objectives = objectiveLines({ ...none, [world]: result })
  const headroom = headroomText(result)
  const cost = resultCostText(result)
  const leftOut = leftOutWidths(result)
  const overloaded = overloadText(result)
  const facts = [
    `${scenario.name}, ${world}: ${head}`,
    ...illConditioned(result),
    ...(host ? [hostText(host)] : []),
    ...profileLine(result),
    ...[precisionText(result) ?? []].flat(),
    ...(valid ? [] : [NOT_VALID]),
    ...(overloaded === null ? [] : [overloaded]),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...memoryAlarms(result).map((alarm) => `out of memory: ${alarm}`),
    ...(objectives.length > 0 ? [''] : []),
    ...objectives.map(
      ({ verdict, objective, figure }) => `${verdict.padEnd(9)}  ${objective}  (${figure})`,
    ),
    ...(headroom === null ? [] : [`headroom   ${headroom}`]),
    ...(cost === null ? [] : [`cost       ${cost}`]),
    ...(leftOut === null ? [] : [`intervals  ${leftOut}`]),
    ...uncertaintySentences(result),
  ]
  const latency = latencyTable([result])
  return [
    ...facts.map(visibleLine),
    ...percentiles(latency, result),
    ...unsupportedLines(namedCells(latency, latency.rows(result))),
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
