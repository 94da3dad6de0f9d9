import { parseObjective } from '../../scenarios/index.ts'
import { type Plan, type PlanRow, probabilityText } from '../../sim/documents/index.ts'
import { sum } from '../../sim/kernel/index.ts'
import {
  estimateText,
  figure,
  fixed,
  NONE,
  objectiveLimit,
  ofLimitText,
  percent,
  plural,
  signedPercent,
  usd,
  usdPerMonth,
} from '../format.ts'
import { undecidedText } from './summary.ts'
import { largestOfCapacity } from './sweep-rows.ts'

/** Rows of a plan that a table shows; all of them are in the document. */
const MOST_ROWS = 12

/** Names of the dimensions: the last key of the path, or all of it where two would be the same. */
function dimensionNames({ dimensions }: Plan): string[] {
  const short = dimensions.map(({ path }) => path.split('.').at(-1)!)
  return dimensions.map(({ path }, i) => {
    const alone = short.indexOf(short[i]!) === short.lastIndexOf(short[i]!)
    return alone ? short[i]! : path
  })
}

/** The value of each dimension in a configuration; `as is` for the scenario beside the space. */
function values({ dimensions }: Plan, { set }: Pick<PlanRow, 'set'>): string[] {
  return dimensions.map(({ path, values }) => {
    const override = set.find((text) => text.startsWith(`${path}=`))
    return override === undefined ? 'as is' : shortValue(override.slice(path.length + 1), values)
  })
}

/** Characters of a value that are shown as they are. */
const SHORT = 16

/** A long value, such as a whole pool, as the part in which it differs from the others. */
function shortValue(value: string, values: readonly string[]): string {
  if (value === 'null') return 'none'
  const long = values.filter(({ length }) => length > SHORT)
  // a value that is short by itself, such as null, has nothing in common with long ones
  if (!long.includes(value)) return value
  if (long.length === 1) return /^\{\s*\w+:\s*([^,}]+)/.exec(value)?.[1] ?? value
  const [first = ''] = long
  let common = 0
  while (common < value.length && long.every((text) => text[common] === first[common])) common++
  // back to the start of a word
  while (common > 0 && /[\w.-]/.test(value[common - 1]!)) common--
  const parts = long.map((text) => text.slice(common).split(','))
  const ofValue = value.slice(common).split(',')
  let n = 1
  while (
    n < ofValue.length &&
    new Set(parts.map((part) => part.slice(0, n).join())).size < long.length
  )
    n++
  const text = ofValue
    .slice(0, n)
    .join()
    .replace(/[}\]]+$/, '')
  // a number alone does not tell what it is
  const key = /^[\d.]+$/.test(text) ? /(\w+):\s*$/.exec(value.slice(0, common))?.[1] : undefined
  return key === undefined ? text : `${key} ${text}`
}

/** "2 replicas, max_batch 8": a configuration in words. */
export function configurationText(plan: Plan, row: Pick<PlanRow, 'set'>): string {
  if (row.set.length === 0) return 'the scenario as it stands'
  const names = dimensionNames(plan)
  return values(plan, row)
    .map((value, i) => (names[i] === 'replicas' ? replicasText(value) : `${names[i]} ${value}`))
    .join(', ')
}

const replicasText = (count: string) =>
  /^\d+$/.test(count) ? `${count} ${count === '1' ? 'replica' : 'replicas'}` : `replicas ${count}`

/** "$1.20 an hour", "3 replicas", or "no price". */
export function costText(
  { cost_unit: unit }: Pick<Plan, 'cost_unit'>,
  cost: PlanRow['cost'],
): string {
  if (cost === null) return 'no price'
  if (unit === 'usd_per_hour') return `${usd(cost)} an hour`
  return `${figureOf(cost)} ${cost === 1 ? 'replica' : 'replicas'}`
}

const figureOf = (value: number) => fixed(value, Number.isInteger(value) ? 0 : 2)

/** "$19.72 [19.65, 19.79] an hour": with the interval where replicas are scaled. */
export function rowCostText(
  { cost_unit: unit }: Pick<Plan, 'cost_unit'>,
  row: Pick<PlanRow, 'cost' | 'paid'>,
): string {
  const text = costText({ cost_unit: unit }, row.cost)
  const { low, high } = row.paid ?? { low: null, high: null }
  if (low === null || high === null || low === high) return text
  const [least, most] = unit === 'usd_per_hour' ? [usd(low), usd(high)] : [low, high].map(figureOf)
  const at = text.indexOf(' ')
  return `${text.slice(0, at)} [${least}, ${most}]${text.slice(at)}`
}

/** "$19.72 [19.65, 19.79] an hour ($14,396 a month of such hours)". */
export function costsText(
  plan: Pick<Plan, 'cost_unit' | 'paid_hours'>,
  row: Pick<PlanRow, 'cost' | 'paid'>,
) {
  const hour = rowCostText(plan, row)
  if (plan.cost_unit !== 'usd_per_hour' || row.cost === null) return hour
  return `${hour} (${usdPerMonth(row.cost)} a month${ofSuch(plan, row)})`
}

/** Of which hours the month of a scaled configuration is; any other costs the same every hour. */
function ofSuch(
  { paid_hours: hours }: Pick<Plan, 'paid_hours'>,
  { paid }: Pick<PlanRow, 'paid'>,
): string {
  if (paid === null || hours === undefined) return ''
  return hours.whole_days ? ' of such days' : ' of such hours'
}

/** Of one that may hold, and whose times are in doubt, there is no confidence; 0 % would be one. */
export const rowConfidence = (row: PlanRow): string =>
  hasDoubtfulTimes(row) && bindingOf(row).p_holds === null ? NONE : confidenceText(row.p_meets)

/** Whether the times of a configuration are transferred, or may be extrapolated. */
export const hasDoubtfulTimes = ({ figures: { transferred, extrapolated } }: PlanRow): boolean =>
  transferred !== undefined || extrapolated.length > 0

/** Confidence in percent, never rounded up to certainty. */
function confidenceText(p: number): string {
  if (p > 0.999 && p < 1) return '> 99.9 %'
  if (p < 0.001 && p > 0) return '< 0.1 %'
  return `${fixed(100 * p, p > 0.99 && p < 1 ? 1 : 0)} %`
}

const PART_NAMES: Readonly<Record<NonNullable<PlanRow['bottleneck']>['part'], string>> = {
  lag: 'send delay',
  network: 'network',
  queue: 'queue',
  batch_wait: 'batch window',
  overhead: 'overhead',
  service: 'compute',
}

/** "queue, 61 %": where most of the mean latency is spent. */
export function bottleneckText({ bottleneck }: PlanRow): string {
  return bottleneck === null ? NONE : `${PART_NAMES[bottleneck.part]}, ${percent(bottleneck.share)}`
}

type Objective = Pick<PlanRow['objectives'][number], 'class' | 'text' | 'lost'>

const isSame = (a: Objective, b: Objective) =>
  a.class === b.class && a.text === b.text && a.lost === b.lost

export function bindingOf({ objectives, binding }: PlanRow): PlanRow['objectives'][number] {
  return objectives.find((objective) => isSame(objective, binding))!
}

/** "checkout: p(95) latency_ms < 250", and what is lost. */
export function objectiveText({ class: name, text, lost }: Objective): string {
  return `${name}: ${text}${lost === undefined ? '' : ` without ${lost}`}`
}

/** The objective with a loss that is farthest beyond its limit, or nearest to it; null for none. */
export function worstLoss({ objectives }: PlanRow): PlanRow['objectives'][number] | null {
  const lossy = objectives.filter(({ lost }) => lost !== undefined)
  const beyond = lossy.map(({ of_limit }) => of_limit ?? Number.POSITIVE_INFINITY)
  return lossy[beyond.indexOf(Math.max(...beyond))] ?? null
}

export const bindingText = ({ binding }: PlanRow) => objectiveText(binding)

/** The figure of an objective, with a loss or without one. */
function figureOfObjective({ figures, survival = [] }: PlanRow, of: Objective) {
  const judged =
    of.lost === undefined
      ? figures.objectives
      : survival.find(({ lost }) => lost === of.lost)!.objectives
  return judged.find(({ class: name, text }) => name === of.class && text === of.text)!
}

/** "chat: p(95) ttft": what an objective limits. */
const quantityName = ({ class: name, text }: Objective) =>
  `${name}: ${text.replace(/ *[<>].*$/, '').replace(/_ms$/, '')}`

/** "61 [59, 63] ms": an objective's figure in a row, with a loss or without one. */
export function rowFigure(row: PlanRow, of: Objective): string {
  const { quantity } = objectiveLimit(parseObjective(of.text)!)
  return estimateText(figureOfObjective(row, of).estimate, quantity)
}

/** Objectives that the mean figure of a row misses, the farthest beyond its limit first. */
export function missedObjectives({ objectives }: PlanRow): PlanRow['objectives'] {
  const beyond = ({ of_limit }: PlanRow['objectives'][number]) =>
    of_limit ?? Number.POSITIVE_INFINITY
  const missed = objectives.filter((objective) => beyond(objective) > 1)
  return missed.sort((a, b) => (beyond(a) === beyond(b) ? 0 : beyond(b) - beyond(a)))
}

/** "web: p(95) latency_ms < 50 is 61 [59, 63] ms, 22 % above its limit". */
export function missText(
  row: PlanRow,
  missed: Pick<PlanRow['objectives'][number], 'class' | 'text' | 'lost' | 'of_limit'>,
): string {
  const { text, of_limit: ofLimit } = missed
  const { estimate } = figureOfObjective(row, missed)
  const objective = parseObjective(text)!
  const { limit, quantity } = objectiveLimit(objective)
  const what = objectiveText(missed)
  if (estimate.value === null) return `${what} is not met: ${estimate.reason ?? 'no figure'}`
  const is = `${what} is ${estimateText(estimate, quantity)}`
  if (objective.kind === 'goodput') {
    return `${is}, ${figure(100 * (limit - estimate.value))} points below its limit`
  }
  if (ofLimit === null) return is
  return ofLimit < 2
    ? `${is}, ${percent(ofLimit - 1)} above its limit`
    : `${is}, ${figure(ofLimit)} times its limit`
}

/**
 * Why a row is undecided, where a run has too few requests with the reason that `simulate` gives;
 * null for a decided one.
 */
export function undecidedReason({ rows, winner, looks }: Plan, row: PlanRow): string | null {
  if (row.verdict !== 'UNDECIDED') return null
  const unjudged = row.objectives.find(({ p_holds }) => p_holds === null)
  if (unjudged?.reason != null) {
    const simulated = figureOfObjective(row, unjudged)
    const isSimulated = simulated.estimate.reason?.startsWith(unjudged.reason) === true
    return isSimulated ? undecidedText(simulated) : unjudged.reason
  }
  const { replications } = row.figures
  const runs = plural(replications, 'replication')
  if (replications >= looks.at(-1)!) return `${runs} do not decide`
  const best = winner === null ? null : rows[winner]!
  const isPriced = row.cost !== null || best?.cost === null
  return isPriced
    ? `no cheaper than the winner: ${runs} are enough`
    : `no price, unlike the winner: ${runs} are enough`
}

/** "47 [37, 58] ms, 0.19 of the limit": the binding figure, or why there is none. */
export function bindingFigure(row: PlanRow): string {
  const { binding } = row
  const { estimate } = figureOfObjective(row, binding)
  const goodput = parseObjective(binding.text)?.kind === 'goodput'
  if (estimate.value === null) return estimate.reason ?? NONE
  const text = estimateText(estimate, goodput ? 'share' : 'time')
  if (goodput) return text
  const { of_limit: ofLimit } = bindingOf(row)
  return `${text}, ${ofLimit === null ? 'beyond any limit' : ofLimitText(ofLimit)}`
}

interface Column {
  readonly head: string
  readonly text: (row: PlanRow, plan: Plan) => string
  /** whether it is left out where no row has anything in it */
  readonly optional?: boolean
}

/** A probability over draws of uncertain inputs; a dash where it is not known. */
function drawnText({ with_inputs: drawn }: PlanRow, key: 'p_holds' | 'p_cheapest'): string {
  const p = drawn?.[key] ?? null
  return p === null ? NONE : probabilityText(p)
}

const FIRST_COLUMNS: readonly Column[] = [
  { head: 'verdict', text: ({ verdict }) => verdict },
  { head: 'p meets', text: rowConfidence },
  { head: 'holds', text: (row) => drawnText(row, 'p_holds'), optional: true },
  { head: 'cheapest', text: (row) => drawnText(row, 'p_cheapest'), optional: true },
  {
    head: 'cost',
    text: ({ cost }, plan) => {
      if (cost === null) return NONE
      return plan.cost_unit === 'usd_per_hour' ? `${usd(cost)}/h` : figureOf(cost)
    },
  },
  {
    head: 'a month',
    text: ({ cost }, plan) =>
      plan.cost_unit === 'usd_per_hour' && cost !== null ? usdPerMonth(cost) : NONE,
    optional: true,
  },
  {
    head: 'replicas paid',
    text: ({ paid, figures: { pools } }) =>
      paid === null ? NONE : fixed(sum(pools.map(({ replicas }) => replicas)), 1),
    optional: true,
  },
  { head: 'against today', text: ({ cost_vs_today: change }) => signedPercent(change) },
  {
    head: '$ / 1M requests',
    text: ({ figures: { cost } }) => (cost === null ? NONE : millionText(cost)),
    optional: true,
  },
]

/** Head of the column with the reason of rows that are undecided. */
export const WHY_UNDECIDED = 'why undecided'

const LAST_COLUMNS: readonly Column[] = [
  {
    head: 'with the worst loss',
    text: (row) => {
      const worst = worstLoss(row)
      if (worst === null) return NONE
      return `${worst.lost}: ${quantityName(worst)} ${worst.of_limit === null ? '∞' : rowFigure(row, worst)}`
    },
    optional: true,
  },
  {
    head: 'utilisation',
    text: ({ busiest_pool: { utilisation } }) =>
      utilisation === null ? NONE : percent(utilisation),
  },
  {
    head: 'of capacity',
    text: ({ figures }) => largestOfCapacity(figures) || NONE,
    optional: true,
  },
  { head: 'bottleneck', text: bottleneckText },
  {
    head: 'memory',
    text: ({ memory_of_limit: share }) => (share === null ? NONE : percent(share)),
    optional: true,
  },
  {
    head: 'extrapolated',
    text: ({ figures: { extrapolated } }) => (extrapolated.length > 0 ? 'yes' : NONE),
    optional: true,
  },
  {
    head: 'transferred',
    text: ({ figures: { transferred } }) => (transferred === undefined ? NONE : 'yes'),
    optional: true,
  },
  { head: 'runs', text: ({ figures }) => figureOf(figures.exact ? 1 : figures.replications) },
  {
    head: 'of limit',
    text: (row) => {
      const { of_limit: share } = bindingOf(row)
      return share === null ? '∞' : figure(share)
    },
  },
  { head: 'binding objective', text: bindingText },
  {
    head: WHY_UNDECIDED,
    text: (row, plan) => undecidedReason(plan, row) ?? NONE,
    optional: true,
  },
]

/** Objectives that have a column; all of them are in the document. */
const MOST_OBJECTIVES = 6

/**
 * A column for each objective, so that all rows have figures of the same classes, by what is
 * promised of them. Of very many those that bind a row come first.
 */
function objectiveColumns(shown: readonly PlanRow[]): Column[] {
  const [first] = shown
  if (first === undefined) return []
  const stated = first.figures.objectives.filter(
    ({ text }) => parseObjective(text)?.kind !== 'cost',
  )
  const isBinding = (objective: (typeof stated)[number]) =>
    shown.some(
      ({ binding }) => binding.class === objective.class && binding.text === objective.text,
    )
  const bindingFirst = stated.toSorted((a, b) => Number(isBinding(b)) - Number(isBinding(a)))
  const drawn = bindingFirst.slice(0, MOST_OBJECTIVES)
  return stated
    .filter((objective) => drawn.includes(objective))
    .map(({ class: name, text }) => {
      const objective = parseObjective(text)!
      const { quantity } = objectiveLimit(objective)
      const ofThis = <T extends { class: string; text: string }>(objectives: readonly T[]): T =>
        // those without a loss come first
        objectives.find((objective) => objective.class === name && objective.text === text)!
      return {
        head: quantityName({ class: name, text }),
        text: ({ figures, objectives }) => {
          const { estimate } = ofThis(figures.objectives)
          if (estimate.value !== null) return estimateText(estimate, quantity)
          // requests that are lost take infinitely long
          return ofThis(objectives).of_limit === null ? '∞' : NONE
        },
      }
    })
}

const TOKEN_TIMES = { ttft: 'TTFT', tpot: 'TPOT' } as const

/** p95 of the token times of classes that generate, where no objective has a column for them. */
function tokenColumns(shown: readonly PlanRow[]): Column[] {
  const [first] = shown
  if (first === undefined) return []
  return first.figures.classes.flatMap(({ name }) =>
    (['ttft', 'tpot'] as const).flatMap((key): Column[] => {
      const timeOf = ({ figures }: PlanRow) =>
        figures.classes.find((trafficClass) => trafficClass.name === name)?.[key]
      const stated = first.figures.objectives.some(
        (objective) => objective.class === name && parseObjective(objective.text)?.kind === key,
      )
      if (stated || shown.every((row) => timeOf(row) === undefined)) return []
      const text = (row: PlanRow) => {
        const p95 = timeOf(row)?.percentiles.p95
        return p95 === undefined ? NONE : estimateText(p95, 'time')
      }
      return [{ head: `${name}: p(95) ${TOKEN_TIMES[key]}`, text, optional: true }]
    }),
  )
}

function millionText({ usd_per_million: each }: NonNullable<PlanRow['figures']['cost']>): string {
  return each.value === null ? NONE : usd(each.value)
}

/** The table of a plan: the head, a line for each row that is shown, and how many are `left`. */
export function planTable(plan: Plan) {
  const shown = shownRows(plan)
  const objectives = objectiveColumns(shown)
  const tokens = tokenColumns(shown).slice(0, MOST_OBJECTIVES - objectives.length)
  const columns = [...FIRST_COLUMNS, ...objectives, ...tokens, ...LAST_COLUMNS].filter(
    ({ optional, text }) => !optional || shown.some((row) => text(row, plan) !== NONE),
  )
  const lines = shown.map((row) => [
    row.rank === null ? NONE : String(row.rank),
    ...values(plan, row).map((value) => (row.today ? `${value} (today)` : value)),
    ...columns.map(({ text }) => text(row, plan)),
  ])
  const head = ['rank', ...dimensionNames(plan), ...columns.map((column) => column.head)]
  return { head, lines, left: plan.rows.length - shown.length }
}

/**
 * The best by rank, the next cheaper one, today's and the surest of the others; without a winner
 * those that miss by least.
 */
function shownRows({ rows, next_cheaper: next, winner, with_inputs: drawn }: Plan): PlanRow[] {
  // where inputs are uncertain, the winner need not be among the first
  const named = [next, ...(drawn === undefined ? [] : [winner, drawn.stated_winner])]
  const wanted = rows.filter(({ today }, i) => today || named.includes(i))
  const keys = new Set(wanted.map(figuresKey))
  const different = rows.filter((row) => {
    // a window has no effect on batches of one request, for instance
    const alike = wanted.includes(row) || keys.has(figuresKey(row))
    keys.add(figuresKey(row))
    return !alike
  })
  const meeting = different.filter(({ rank }) => rank !== null)
  const failing = different.filter(({ rank }) => rank === null)
  const most = MOST_ROWS - wanted.length
  const best = meeting.slice(0, Math.max(most - failing.length, Math.ceil(most / 2)))
  const order = winner === null ? failing : failing.toSorted((a, b) => b.p_meets - a.p_meets)
  const surest = order.slice(0, most - best.length)
  return rows.filter((row) => [...wanted, ...best, ...surest].includes(row))
}

/** Configurations of one cost with equal figures differ in nothing that counts. */
const figuresKey = ({ cost, objectives, figures }: PlanRow) =>
  JSON.stringify([cost, objectives, figures.classes, figures.replications])
