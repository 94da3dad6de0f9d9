import { parseObjective } from '../../scenarios/index.ts'
import { type Plan, type PlanRow, probabilityText } from '../../sim/documents/index.ts'
import {
  count,
  declared,
  figure,
  fixed,
  HOURS_A_MONTH,
  listed,
  NONE,
  objectiveLimit,
  percent,
  plural,
  signedPercent,
  usd,
} from '../format.ts'
import {
  bindingFigure,
  bindingText,
  bottleneckText,
  configurationText,
  costsText,
  missedObjectives,
  missText,
  objectiveText,
  rowConfidence,
  rowCostText,
  rowFigure,
  undecidedReason,
  worstLoss,
} from './plan-table.ts'
import { hoursOf, idleText } from './replica-hours.ts'
import { headroomText } from './summary.ts'
import { endsText } from './uncertainty-figures.ts'

export const winnerOf = ({ rows, winner }: Plan): PlanRow | null =>
  winner === null ? null : rows[winner]!

/** The winner at the stated inputs, where others may be; null where all inputs are known. */
export const statedWinnerOf = ({ rows, with_inputs: drawn }: Plan): PlanRow | null =>
  drawn === undefined ? null : rows[drawn.stated_winner]!

/** "95 % confidence", and over what. */
export function sureText({ confidence, with_inputs: drawn }: Plan): string {
  const over = drawn === undefined ? '' : ' over all that is not known'
  return `${fixed(100 * confidence, 0)} % confidence${over}`
}

/** What the winner is called in titles. */
export const winnerName = ({ cost }: PlanRow): string =>
  cost === null ? 'winner, without a price' : 'cheapest configuration'

/** The answer in one sentence. */
export function planAnswer(plan: Plan): string {
  const sure = sureText(plan)
  const winner = winnerOf(plan)
  if (winner !== null) {
    const holds = `holds every objective${surviving(plan)} at ${sure}`
    const at = plan.with_inputs === undefined ? '' : ' at the stated inputs'
    const binding = `${bindingText(winner)}: ${bindingFigure(winner)}${widerText(plan, winner)}`
    return `${winnerText(plan, winner, holds)} Nearest to its limit${at} is ${binding}.${extrapolatedText(winner)}${transferredText(winner)}${withoutPriceText(plan)}`
  }
  // where the cheapest at the stated inputs has a price, only those with one are drawn
  const { with_inputs: drawn, without_price: without } = plan
  const undrawn = drawn === undefined ? 0 : (without?.configurations ?? 0)
  const priced = undrawn === 0 ? '' : ' with a price'
  const of = `${plural(plan.configurations - undrawn, 'configuration')}${priced}`
  return `None of ${of} holds every objective${surviving(plan)} at ${sure}. ${nearestText(plan)}${withoutPriceText(plan)}`
}

/** The wider interval of what is nearest to its limit; empty where there is none. */
function widerText({ winner_with_inputs: wider }: Plan, { binding }: PlanRow): string {
  const objective = wider?.find(
    ({ class: name, text }) => name === binding.class && text === binding.text,
  )
  if (objective === undefined || binding.lost !== undefined) return ''
  const { estimate, with_inputs: wide, text } = objective
  if (wide === undefined) return ''
  const ends = endsText(estimate, wide, objectiveLimit(parseObjective(text)!).quantity)
  return `; ${ends} with uncertain inputs`
}

/** Which configuration is the winner and what it costs; one without a price is not the cheapest. */
function winnerText(plan: Plan, winner: PlanRow, holds: string): string {
  const name = configurationText(plan, winner)
  if (winner.cost === null) {
    return `No configuration with a price ${holds}. Of those without a price ${name} does, with the fewest replicas.`
  }
  const cheapest = `The cheapest configuration${plan.without_price === undefined ? '' : ' with a price'}`
  return `${cheapest} that ${holds} is ${name}: ${costsText(plan, winner)}${againstToday(plan, winner)}.`
}

/** How many configurations have no price, and what to state. */
function withoutPriceText({ without_price: without }: Plan): string {
  if (without === undefined) return ''
  const { configurations: n, of } = without
  return ` ${plural(n, 'configuration')} (${n === 1 ? 'that' : 'those'} with ${listed(of)}) ${n === 1 ? 'has' : 'have'} no price: state price_usd_per_hour.`
}

/** What is lost while objectives hold. */
function surviving({ survive }: Plan): string {
  if (survive === undefined) return ''
  return survive === 'site' ? ', also without any one site,' : ', also without any one replica,'
}

/** Further objectives that a sentence names. */
const MOST_MISSED = 3

/** The first row of a plan without a winner, and by how much it misses which objectives. */
function nearestText(plan: Plan): string {
  const surest = surestOf(plan)
  if (surest !== null) {
    const { row, p } = surest
    const name = `${configurationText(plan, row)}, ${costsText(plan, row)}`
    return `The nearest is ${name}, which holds with a probability of ${probabilityText(p)}.`
  }
  const row = plan.rows[0]!
  const name = `${configurationText(plan, row)}, ${costsText(plan, row)}`
  const [first, ...others] = missedObjectives(row)
  if (first === undefined) {
    const reason = undecidedReason(plan, row)
    const why = reason === null ? '' : `; ${reason}`
    return `The nearest is ${name}, which is undecided: ${rowConfidence(row)}, by ${bindingText(row)}, ${bindingFigure(row)}${why}.`
  }
  const more =
    others.length === 0
      ? ''
      : ` It also misses ${others.slice(0, MOST_MISSED).map(objectiveText).join(', ')}.`
  const open = row.verdict === 'UNDECIDED' ? ', which is undecided' : ''
  return `The nearest miss is ${name}${open}: ${missText(row, first)}.${more}`
}

/** The row that most probably holds over what is not known; null where nothing was drawn. */
function surestOf({ rows }: Plan): { readonly row: PlanRow; readonly p: number } | null {
  const drawn = rows.flatMap((row) => {
    const p = row.with_inputs?.p_holds ?? null
    return p === null ? [] : [{ row, p }]
  })
  return drawn.toSorted((a, b) => b.p - a.p)[0] ?? null
}

function extrapolatedText({ figures: { extrapolated } }: PlanRow): string {
  if (extrapolated.length === 0) return ''
  return ' Its batches or lengths are beyond the measured ones, so its times are extrapolated: measure them before you rely on it.'
}

function transferredText({ figures: { transferred } }: PlanRow): string {
  if (transferred === undefined) return ''
  return ' Its times are transferred from another card, precision or engine: measure them before you rely on it.'
}

function againstToday({ rows }: Plan, { today, cost_vs_today: change }: PlanRow): string {
  if (today) return ', as today'
  if (rows.some((row) => row.today && row.cost === null)) return '; today has no price'
  if (change === null || change === 0) return ', the same as today'
  return `, ${percent(Math.abs(change))} ${change < 0 ? 'less' : 'more'} than today`
}

/** What is next to the answer, a sentence each. */
export function planSentences(plan: Plan): string[] {
  const winner = winnerOf(plan)
  return [
    ...inputSentences(plan),
    ...nextCheaper(plan),
    ...(winner === null ? [] : [bindingResource(winner), ...lossSentences(plan, winner)]),
    ...headroomSentences(plan),
    ...idleSentences(plan),
    ...undecidedCheaper(plan),
    ...verifiedSentences(plan),
    ...priceSentences(plan),
  ]
}

/** The winner at the stated inputs beside the one that holds over all that is not known. */
function inputSentences(plan: Plan): string[] {
  const stated = statedWinnerOf(plan)
  if (stated === null) return []
  const winner = winnerOf(plan)
  const drawn = [stated, ...(winner === null || winner === stated ? [] : [winner])]
  const holds = drawn.map((row) => probabilityText(row.with_inputs?.p_holds ?? 0))
  const cheapest = drawn.map((row) => probabilityText(row.with_inputs?.p_cheapest ?? 0))
  if (winner === stated) {
    return [
      `Over all that is not known it holds with a probability of ${holds[0]}, and is the cheapest that holds with one of ${cheapest[0]}. It is the cheapest at the stated inputs, too.`,
    ]
  }
  const [name, dearer] = drawn.map((row) => configurationText(plan, row))
  const [also, alsoCheapest] =
    dearer === undefined
      ? ['', '']
      : [`, and ${dearer} with one of ${holds[1]}`, `, and ${dearer} with one of ${cheapest[1]}`]
  return [
    `At the stated inputs the cheapest is ${name}, ${rowCostText(plan, stated)}; over all that is not known it holds with a probability of ${holds[0]}${also}.`,
    `It is the cheapest that holds with a probability of ${cheapest[0]}${alsoCheapest}.`,
  ]
}

function nextCheaper(plan: Plan): string[] {
  if (plan.winner === null) return []
  if (winnerOf(plan)?.cost === null) return []
  if (plan.next_cheaper === null) {
    const where =
      plan.without_price === undefined ? 'in the search space' : 'among those with a price'
    return [`Nothing cheaper was found ${where}.`]
  }
  const row = plan.rows[plan.next_cheaper]!
  if (row.verdict === 'MEETS') return seldomHolds(plan, row)
  const what = row.verdict === 'FAILS' ? 'fails' : 'is undecided in'
  return [
    `Next cheaper: ${configurationText(plan, row)}, ${rowCostText(plan, row)}, ${what} ${bindingText(row)} (${bindingFigure(row)}).`,
  ]
}

/** One that meets, but holds too seldom; that at the stated inputs has a sentence already. */
function seldomHolds(plan: Plan, row: PlanRow): string[] {
  if (row === statedWinnerOf(plan)) return []
  const p = row.with_inputs?.p_holds ?? null
  const often = p === null ? 'too seldom' : `with a probability of ${probabilityText(p)}`
  return [
    `Next cheaper: ${configurationText(plan, row)}, ${rowCostText(plan, row)}, holds ${often} over all that is not known.`,
  ]
}

function bindingResource(row: PlanRow): string {
  const { name, utilisation } = row.busiest_pool
  const ofCapacity = row.figures.pools.find((pool) => pool.name === name)?.capacity_utilisation
    ?.value
  const used = ofCapacity == null ? '' : ` at ${percent(ofCapacity)} of its capacity`
  const busy = utilisation === null ? '' : `, ${percent(utilisation)} busy${used}`
  return `Most of its mean latency is ${bottleneckText(row)}; the busiest pool is ${name}${busy}.`
}

/** How near to its limit the worst loss of the winner is. */
function lossSentences(plan: Plan, row: PlanRow): string[] {
  const worst = worstLoss(row)
  if (worst === null) return []
  const times = worst.of_limit === null ? '' : `, ${figure(worst.of_limit)} of its limit`
  const text = `Its worst loss is ${worst.lost}: ${worst.class}: ${worst.text} is ${rowFigure(row, worst)}${times}.`
  return [`${text} ${plan.headroom === null ? '' : 'Headroom is that with all replicas.'}`.trim()]
}

function headroomSentences(plan: Plan): string[] {
  const text = headroomText(plan)
  if (text === null) return []
  const at = plan.with_inputs === undefined ? '' : ' at the stated inputs'
  return [`Headroom of the winner${at}: ${text}${mostTraffic(plan)}.`]
}

/** How much of what is paid for the work of the winner needs. */
function idleSentences(plan: Plan): string[] {
  return (plan.replica_use ?? []).map((use) => {
    const hours = hoursOf(use)
    return `Its work needs ${figure(hours.needed)} of ${figure(hours.paid)} replica-hours of ${use.name} at full batches: ${idleText(hours)} are idle.`
  })
}

/** The most traffic that the winner takes: its mean, and its peak where that is another figure. */
function mostTraffic({ max_rate_rps: most, rate_rps: mean, peak_rate_rps: peak }: Plan): string {
  if (most === null) return ''
  if (peak === undefined) return ` (at most ${figureRate(most)}; now ${figureRate(mean)})`
  const atMost = `${figureRate(most)} in the mean and ${rateFigure((peak * most) / mean)} at the peak`
  return ` (at most ${atMost}; now ${rateFigure(mean)} and ${rateFigure(peak)})`
}

const rateFigure = (rps: number) => (rps < 10 ? figure(rps) : count(Math.floor(rps)))
const figureRate = (rps: number) => `${rateFigure(rps)} requests/s`

function undecidedCheaper(plan: Plan): string[] {
  const winner = winnerOf(plan)
  const below = winner?.cost ?? Number.POSITIVE_INFINITY
  // nothing without a price is cheaper than the winner
  const mayWin = ({ cost }: PlanRow) => winner === null || (cost !== null && cost < below)
  const open = plan.rows.filter((row) => row.verdict === 'UNDECIDED' && mayWin(row))
  const [first] = open
  if (first === undefined) return []
  const isUnjudged = first.objectives.some(({ reason }) => reason !== null)
  const more = isUnjudged ? '' : `; more do: --replications ${2 * plan.looks.at(-1)!}`
  const remedy = `${undecidedReason(plan, first)}${more}`
  const sure = rowConfidence(first)
  const example = `${configurationText(plan, first)}${sure === NONE ? '' : ` (${sure})`}`
  return [
    `${plural(open.length, `${winner?.cost === null ? 'priced' : 'cheaper'} configuration`)} undecided, such as ${example}: ${remedy}.`,
  ]
}

function verifiedSentences({ verified }: Plan): string[] {
  if (verified === null) return []
  const { replays, verdict, valid } = verified
  const count = valid ? '' : '; not every replay counts'
  return [`Replayed live ${replays === 1 ? 'once' : `${replays} times`}: ${verdict}${count}.`]
}

/** Where the price of a card is from that the scenario does not state. */
function priceSentences({ prices = [] }: Plan): string[] {
  return prices.map(({ accelerator, tier, listed, lowest, highest }) => {
    const read = lowest.date === null ? '' : `, read ${lowest.date}`
    const at = `Price of ${accelerator}: ${usd(lowest.usd_per_hour)} an hour ${tier} at ${lowest.provider}${read}`
    const range =
      listed === 1
        ? ', the only one listed'
        : `, the lowest of ${listed} listed; the highest is ${usd(highest.usd_per_hour)} at ${highest.provider}`
    return `${at}${range}. State yours as price_usd_per_hour.`
  })
}

const REASONS = {
  dearer: 'no cheaper than the winner',
  'no-price': 'no price, and no fewer replicas than one without a price that meets',
  'fewer-replicas': 'fewer replicas than one that does not meet',
  same: 'the same as another one',
  invalid: 'invalid',
} as const

/** The search in a few lines: what was simulated, what was skipped and why. */
export function searchSentences(plan: Plan): string[] {
  const { configurations, rows, simulations, skipped, monotone, looks } = plan
  const { compared, against } = monotone
  const pairs = `${plural(compared, 'pair')} of configurations that differ in replicas only`
  const beside = rows.some(({ set }) => set.length === 0)
  const simulated = rows.length - (beside ? 1 : 0)
  return [
    `Simulated: ${count(simulated)} of ${plural(configurations, 'configuration')}${beside ? ' and the scenario as it stands' : ''}, ${plural(simulations, 'replication')} of ${count(configurations * looks.at(-1)!)} at most.`,
    ...drawnSentences(plan),
    ...skipped.map(({ reason, configurations: n, problem }) => {
      const why = problem === null ? '' : `: ${problem}`
      return `Skipped ${count(n)}: ${REASONS[reason]}${why}.`
    }),
    rows.every(({ paid }) => paid !== null)
      ? 'With scalers no configuration follows from another one: each was simulated whose least cost is below that of the winner.'
      : compared === 0
        ? 'No two configurations that differ in replicas only were simulated, so that fewer are no better was not checked.'
        : against.length === 0
          ? `More replicas were no worse in ${pairs}.`
          : `More replicas were worse in ${count(against.length)} of ${pairs}; their chains were searched in full:`,
    ...against.map(
      ({ class: name, text, fewer, more, change }) =>
        `  ${configurationText(plan, { set: fewer })} → ${configurationText(plan, { set: more })}: ${name}: ${text} ${signedPercent(change)}`,
    ),
  ]
}

/** Uncertain inputs that a sentence names. */
const MOST_NAMES = 3

/** What was simulated in draws of uncertain inputs. */
function drawnSentences({ rows, with_inputs: drawn }: Plan): string[] {
  if (drawn === undefined) return []
  const each = rows.flatMap((row) => row.with_inputs ?? [])
  const most = Math.max(...each.map(({ draws }) => draws))
  const names = drawn.inputs.map(({ name }) => name)
  const more = names.length - MOST_NAMES
  const shown =
    more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : listed(names)
  return [
    `Drawn: ${plural(each.length, 'configuration')} in up to ${count(most)} draws of ${plural(drawn.inputs.length, 'uncertain input')} (${shown}), ${plural(drawn.simulations, 'replication')}.`,
  ]
}

const CAUSES = { rate: 'rate', lengths: 'lengths', speed: 'service speed' } as const

/** "service speed", and what a change of it by `change` is named. */
export const causeName = (what: Plan['sensitivity'][number]['what']) => CAUSES[what]

/** What the columns mean. */
export function planLegend(plan: Plan): string[] {
  const { confidence, looks, cost_unit: unit } = plan
  const percentage = declared(100 * confidence)
  return [
    `p meets: least confidence, of all objectives, that the mean figure over replications is within its limit (Student's t; of times on the log scale).`,
    `Verdict: ${percentage} % over all looks, at ${looks.join(', ')} replications (Bonferroni). Intervals: 95 %, of the draws only, not of the profile.`,
    ...inputLegend(plan),
    'Of limit: figure over limit; of goodput the share missed over the share that may be. Bottleneck: the longest part of the mean latency.',
    ...(unit === 'usd_per_hour' ? [monthText(plan)] : []),
  ]
}

/** What the columns of draws of uncertain inputs mean. */
function inputLegend({ with_inputs: drawn }: Plan): string[] {
  if (drawn === undefined) return []
  return [
    'Holds: probability over draws of the uncertain inputs, of which configurations have the same values where they share an input. Cheapest: that it holds, and nothing cheaper in the same draw does. All other columns are at the stated inputs.',
  ]
}

/** What hour the price of a month multiplies. */
function monthText({ paid_hours: hours }: Plan): string {
  const month = `A month has ${HOURS_A_MONTH} hours`
  if (hours === undefined)
    return `${month}; each costs the same, as replicas are paid for at all times.`
  const { counted_s: counted, whole_days: days } = hours
  if (days) return `${month}; with scalers they are those of the days of this traffic.`
  return `${month}; with scalers each is as the mean of the ${declared(counted)} s of this traffic, which is no month where other hours have less: for that, state days of traffic.`
}
