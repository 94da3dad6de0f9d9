import { byRank, endOf, figureOf, type Sweep, type SweepRow } from '../../sim/documents/index.ts'
import {
  count,
  cut,
  declared,
  estimateText,
  exactText,
  loadText,
  NONE,
  percent,
  plural,
  valueText,
} from '../format.ts'
import { undecidedText } from './summary.ts'

/** A sweep in words and table cells, for pages and terminals. */

/** Paths cut to their last steps, as many as tell them apart: "central.replicas". */
export function shortPaths(paths: readonly string[]): string[] {
  return paths.map((path) => {
    const steps = path.split('.')
    for (let taken = 1; taken < steps.length; taken++) {
      const short = steps.slice(-taken).join('.')
      const alike = paths.filter((whole) => `.${whole}`.endsWith(`.${short}`))
      if (alike.length === 1) return short
    }
    return path
  })
}

/** "replicas 4, max_batch 8" */
export function valuesText({ paths }: Pick<Sweep, 'paths'>, row: SweepRow): string {
  const names = shortPaths(paths)
  return row.values.map((value, i) => `${names[i]} ${cut(value, LONGEST_VALUE)}`).join(', ')
}

const LONGEST_VALUE = 28

/** "6 USD" */
export const inUsd = (amount: number) => `${exactText(amount, 'plain')} USD`

/** Of the rows that the document has, the best first. */
export const ranked = ({ rows, figure }: Sweep): SweepRow[] => rows.toSorted(byRank(figure))

/** Whether the configurations differ in how many replicas they have. */
function differInReplicas({ rows }: Sweep): boolean {
  const sums = rows.flatMap(({ figures }) =>
    figures === null ? [] : [figures.pools.reduce((sum, { replicas }) => sum + replicas, 0)],
  )
  return new Set(sums).size > 1
}

/** What "best" means in this sweep: "the cheapest". */
function bestName(sweep: Sweep): string {
  if (sweep.front !== null) return 'the cheapest'
  return differInReplicas(sweep) ? 'the one with the fewest replicas' : 'the fastest'
}

/** The answer of a sweep as one sentence. */
export function sweepAnswer(sweep: Sweep): string {
  const { configurations, counts, best, rows, figure } = sweep
  const every = plural(configurations, 'configuration')
  const row = rows.find(({ configuration }) => configuration === best)
  if (row === undefined)
    return `None of ${every} could be simulated: ${rows[0]?.reason ?? 'no row'}`
  const cost = row.figures?.cost
  const price = cost == null ? '' : `, ${inUsd(cost.usd_per_hour)} an hour`
  const what = `no. ${row.configuration} (${valuesText(sweep, row)}${price})${foundText(row, figure)}`
  if (counts.PASS > 0) {
    const of = counts.PASS === configurations ? `All ${every}` : `${count(counts.PASS)} of ${every}`
    const holds = counts.PASS === 1 && configurations > 1 ? 'holds' : 'hold'
    const which = counts.PASS === 1 ? 'it is' : `${bestName(sweep)} is`
    return `${of} ${holds} every objective; ${which} ${what}`
  }
  if (endOf(row) === 'not_judged') {
    return `The scenario states no objective; of ${every} ${bestName(sweep)} is ${what}`
  }
  const undecided = counts.UNDECIDED === 0 ? '' : `, ${count(counts.UNDECIDED)} undecided`
  const open = row.figures?.objectives.find(({ verdict }) => verdict === 'UNDECIDED')
  const reason = open && undecidedText(open)
  const why = reason && !what.includes(reason) ? `; ${open.text} is undecided: ${reason}` : ''
  return `None of ${every} certainly holds every objective${undecided}; the best of them is ${what}${why}`
}

/** ": web p(95) latency_ms 41 [39, 44] ms, limit 60 ms" */
function foundText(row: SweepRow, figure: Sweep['figure']): string {
  const estimate = figureOf(row, figure)
  if (estimate === null) return ''
  const limit = figure.limit_ms === null ? '' : `, limit ${exactText(figure.limit_ms, 'time')}`
  const value = estimate.value === null ? 'is not known' : estimateText(estimate, 'time')
  const why = estimate.value === null && estimate.reason !== undefined ? `: ${estimate.reason}` : ''
  return `: ${figure.class} ${figure.text} ${value}${why}${limit}`
}

/** Configurations without figures, in words; null where all have some. */
export function withoutFigures({ counts }: Sweep): string | null {
  const { invalid, out_of_memory } = counts
  const parts = [
    ...(invalid > 0 ? [`${count(invalid)} invalid`] : []),
    ...(out_of_memory > 0 ? [`${count(out_of_memory)} for which memory ran out`] : []),
  ]
  return parts.length === 0
    ? null
    : `Without figures: ${parts.join(', ')}; their rows have the reason`
}

/** How rows are ranked and what their columns are. */
export function sweepLegend(sweep: Sweep): string {
  const { replications, front } = sweep
  const then = front === null ? 'replicas' : 'price'
  const hasEngines = sweep.rows.some((row) => row.figures && largestOfCapacity(row.figures) !== '')
  const engines = hasEngines ? ' Of capacity: what the work of engines needs of it.' : ''
  return `Best first: by verdict, then ${then}, then latency. Intervals: 95 %, over ${plural(replications, 'replication')}. Utilisation: of the busiest pool.${engines}`
}

/** A table with its header as the first line. Columns that are empty in every row are left out. */
export function sweepCells(sweep: Sweep, rows: readonly SweepRow[]): string[][] {
  const { figure } = sweep
  const columns: readonly (readonly [string, (row: SweepRow) => string])[] = [
    ['no.', ({ configuration }) => String(configuration)],
    ...shortPaths(sweep.paths).map(
      (name, i) => [name, ({ values }: SweepRow) => cut(values[i]!, LONGEST_CELL)] as const,
    ),
    ['verdict', (row) => VERDICTS[endOf(row)]],
    [figure.text, (row) => figureCell(row, figure)],
    ['goodput', ({ figures }) => goodputCell(figures, figure)],
    ['load', ({ figures }) => (figures?.load == null ? '' : loadText(figures.load))],
    ['utilisation', ({ figures }) => busiest(figures)],
    ['of capacity', ({ figures }) => (figures === null ? '' : largestOfCapacity(figures))],
    ['an hour', ({ figures }) => (figures?.cost == null ? '' : inUsd(figures.cost.usd_per_hour))],
    ['a million', ({ figures }) => millionCell(figures)],
    ['extrapolated', ({ figures }) => (figures?.extrapolated.length ? 'yes' : '')],
    ['transferred', ({ figures }) => (figures?.transferred?.length ? 'yes' : '')],
    ['uncalibrated', ({ figures }) => (figures?.uncalibrated.length ? 'yes' : '')],
    ['reason', ({ reason }) => (reason === null ? '' : firstLine(reason))],
  ]
  const filled = columns.filter(([, cell]) => rows.some((row) => !['', NONE].includes(cell(row))))
  return [filled.map(([name]) => name), ...rows.map((row) => filled.map(([, cell]) => cell(row)))]
}

/** Columns of words, for a terminal. */
export const leftColumns = ([header = []]: readonly (readonly string[])[]): number[] =>
  header.flatMap((name, i) => (['verdict', 'reason'].includes(name) ? [i] : []))

const VERDICTS = {
  PASS: 'PASS',
  UNDECIDED: 'UNDECIDED',
  FAIL: 'FAIL',
  not_judged: NONE,
  invalid: 'invalid',
  out_of_memory: 'out of memory',
} as const

function figureCell(row: SweepRow, figure: Sweep['figure']): string {
  const estimate = figureOf(row, figure)
  return estimate === null ? '' : estimateText(estimate, 'time')
}

type Figures = SweepRow['figures']

function goodputCell(figures: Figures, figure: Sweep['figure']): string {
  const trafficClass = figures?.classes.find(({ name }) => name === figure.class)
  return trafficClass === undefined ? '' : valueText(trafficClass.goodput_share, 'share')
}

/** The largest capacity utilisation of pools of engines; empty without any. */
export function largestOfCapacity({ pools }: Pick<NonNullable<Figures>, 'pools'>): string {
  const shares = pools.flatMap(({ capacity_utilisation: share }) => share?.value ?? [])
  return shares.length === 0 ? '' : percent(Math.max(...shares))
}

function busiest(figures: Figures): string {
  const shares = figures?.pools.map(({ utilisation }) => utilisation.value ?? 0) ?? []
  return shares.length === 0 ? '' : percent(Math.max(...shares))
}

function millionCell(figures: Figures): string {
  const value = figures?.cost?.usd_per_million.value
  return value == null ? '' : `${declared(Number(value.toPrecision(3)))} USD`
}

const LONGEST_CELL = 50
const LONGEST_REASON = 90

function firstLine(reason: string): string {
  const [line = ''] = reason.split('\n')
  const short = cut(line, LONGEST_REASON)
  return reason.includes('\n') && !short.endsWith('…') ? `${short} …` : short
}
