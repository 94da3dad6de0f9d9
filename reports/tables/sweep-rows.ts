import {
  byRank,
  endOf,
  figureOf,
  probabilityText,
  type Sweep,
  type SweepAnswer,
  type SweepRow,
  type TriedConfiguration,
} from '../../sim/documents/index.ts'
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
import { endsText } from './uncertainty-figures.ts'
import { withInputsText } from './uncertainty-tables.ts'

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
  const { configurations, counts, best, rows, figure, answer } = sweep
  const every = plural(configurations, 'configuration')
  const row = rows.find(({ configuration }) => configuration === best)
  if (row === undefined)
    return `None of ${every} could be simulated: ${rows[0]?.reason ?? 'no row'}`
  const what = `${nameOf(sweep, row)}${foundText(row, figure)}`
  if (counts.PASS > 0) {
    const of = counts.PASS === configurations ? `All ${every}` : `${count(counts.PASS)} of ${every}`
    const holds = counts.PASS === 1 && configurations > 1 ? 'holds' : 'hold'
    if (answer !== undefined) {
      return `${of} ${holds} every objective at the stated inputs; ${confirmedText(sweep, answer)}`
    }
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

/** "no. 10 (replicas 3, max_batch 4, 3.6 USD an hour)" */
function nameOf(sweep: Sweep, row: SweepRow): string {
  const cost = row.figures?.cost
  const price = cost == null ? '' : `, ${inUsd(cost.usd_per_hour)} an hour`
  return `no. ${row.configuration} (${valuesText(sweep, row)}${price})`
}

/** The best configuration that holds with uncertain inputs, and how surely one before it does. */
function confirmedText(sweep: Sweep, answer: SweepAnswer): string {
  const { configuration, tried } = answer
  if (configuration === null) return noneHoldsText(sweep, answer)
  const confirmed = tried.find((each) => each.configuration === configuration)
  const surely = confirmed === undefined ? '' : `. With uncertain inputs it ${oddsText(confirmed)}`
  const what = `${describedText(sweep, configuration, confirmed)}${surely}`
  const [first, ...more] = tried.filter((each) => each !== confirmed)
  if (first === undefined) return `${bestName(sweep)} is ${what}`
  const before = rowOf(sweep, first.configuration)
  const name = before === undefined ? `no. ${first.configuration}` : nameOf(sweep, before)
  const verb = more.length === 1 ? 'does' : 'do'
  const others =
    more.length === 0 ? '' : `; of those tried ${count(more.length)} more ${verb} not hold`
  const best = bestName(sweep)
  return `${best} that was found to hold with uncertain inputs, too, is ${what}. At the stated inputs ${best} is ${name}, which ${oddsText(first)}${others}`
}

/** The surest of those that were tried with uncertain inputs, where none holds. */
function noneHoldsText(sweep: Sweep, { tried, untried }: SweepAnswer): string {
  const [surest] = tried.toSorted((a, b) => (b.p_holds ?? -1) - (a.p_holds ?? -1))
  if (surest === undefined) return 'with uncertain inputs none was tried'
  const none =
    tried.length === 1
      ? 'with uncertain inputs the only one that was tried does not'
      : `with uncertain inputs none of the ${count(tried.length)} that were tried does`
  const left = untried === 0 ? '' : `. ${count(untried)} more were not tried`
  const what = describedText(sweep, surest.configuration, surest)
  return `${none}. The surest is ${what}. With uncertain inputs it ${oddsText(surest)}${left}`
}

const rowOf = ({ rows }: Sweep, number: number) =>
  rows.find(({ configuration }) => configuration === number)

/** A configuration with its values, its price and its latency. */
function describedText(sweep: Sweep, number: number, tried?: TriedConfiguration): string {
  const row = rowOf(sweep, number)
  if (row === undefined) return `no. ${number}`
  return `${nameOf(sweep, row)}${foundText(row, sweep.figure, tried)}`
}

/** "holds every objective with a probability of 93 %" */
function oddsText({ p_holds: p, reason }: TriedConfiguration): string {
  if (reason !== undefined) return `could not be simulated: ${firstLine(reason)}`
  if (p === null) return 'is undecided'
  return `holds every objective with a probability of ${probabilityText(p)}`
}

/**
 * The configurations that were tried with uncertain inputs, with a header as the first line; empty
 * where none was.
 */
export function triedCells(sweep: Sweep): string[][] {
  const { answer, paths, figure } = sweep
  if (answer === undefined || answer.tried.length === 0) return []
  const head = ['no.', ...shortPaths(paths), 'with uncertain inputs', figure.text, 'holds', 'draws']
  return [
    head,
    ...answer.tried.map((tried) => {
      const values = rowOf(sweep, tried.configuration)?.values ?? paths.map(() => NONE)
      return [
        String(tried.configuration),
        ...values.map((value) => cut(value, LONGEST_CELL)),
        tried.verdict,
        triedFigure(tried, figure),
        tried.p_holds === null ? NONE : probabilityText(tried.p_holds),
        count(tried.draws),
      ]
    }),
  ]
}

/** The interval of the latency that ranks; a dash where no objective limits it. */
function triedFigure({ objectives }: TriedConfiguration, { objective: index }: Sweep['figure']) {
  const objective = index === null ? undefined : objectives[index]
  if (objective?.with_inputs === undefined) return NONE
  return endsText(objective.estimate, objective.with_inputs, 'time')
}

/** ": web p(95) latency_ms 41 [39, 44] ms, limit 60 ms", with its wider interval as it was tried */
function foundText(row: SweepRow, figure: Sweep['figure'], tried?: TriedConfiguration): string {
  const estimate = figureOf(row, figure)
  if (estimate === null) return ''
  const limit = figure.limit_ms === null ? '' : `, limit ${exactText(figure.limit_ms, 'time')}`
  const objective = figure.objective === null ? undefined : tried?.objectives[figure.objective]
  const wider = objective === undefined ? '' : withInputsText(objective, 'time')
  const value =
    estimate.value === null ? 'is not known' : `${estimateText(estimate, 'time')}${wider}`
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
  header.flatMap((name, i) => (WORDS.includes(name) ? [i] : []))

const WORDS = ['verdict', 'reason', 'with uncertain inputs']

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
