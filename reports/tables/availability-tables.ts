import type { PoolAvailability, PoolRegret, Result } from '../../sim/documents/index.ts'
import { count, estimateText, fixed, moment, NONE, plural } from '../format.ts'
import { figureOf, metricTable, type ResultTable } from './result-tables.ts'

/** The pools whose replicas start and stop: stragglers and errors leave all of them up. */
export const availablePools = ({ pools }: Pick<Result, 'pools'>) =>
  pools.flatMap(({ name, availability }) => {
    if (availability === null || isAlwaysUp(availability)) return []
    return [{ name, availability }]
  })

const isAlwaysUp = ({ up_share, losses, decisions, regret }: PoolAvailability) =>
  up_share.value! > 1 - 1e-9 && losses === 0 && decisions.length === 0 && regret === null

/** What a scaler costs above the oracle; null where there is none. */
export function regretOf({ regret }: PoolAvailability): PoolRegret | null {
  return typeof regret === 'string' ? null : regret
}

type Budget = NonNullable<Result['budget']>
type BudgetLimit = Budget['limits'][number]
type BudgetCut = Budget['pools'][number]

/** Decisions that are shown; all of them are in the document. */
const MOST_DECISIONS = 8

const available = (result: Result) =>
  availablePools(result).map(({ name, availability }) => [name, availability] as const)

const regretted = (result: Result) =>
  available(result).flatMap(([name, availability]) => {
    const regret = regretOf(availability)
    return regret === null ? [] : [[name, regret] as const]
  })

export const AVAILABILITY_TABLES: readonly ResultTable[] = [
  metricTable<PoolAvailability>(
    { caption: 'Replicas that start and stop', of: 'availability', note: noOracle },
    available,
    [
      figureOf('serving', 'serving', 'plain'),
      figureOf('paid', 'paid', 'plain'),
      figureOf('time up', 'up_share', 'share'),
      {
        head: 'fewest to most',
        text: ({ series: { serving } }) =>
          `${fixed(Math.min(...serving), 1)} to ${fixed(Math.max(...serving), 1)}`,
      },
      { head: 'lost', text: ({ losses }) => count(losses) },
    ],
  ),
  metricTable<PoolRegret>(
    { caption: 'Regret of scalers', of: 'regret', note: oracleNote },
    regretted,
    [
      { head: 'paid', text: ({ paid_replica_hours: estimate }) => hours(estimate) },
      { head: 'oracle', text: ({ oracle }) => `${fixed(oracle.replica_hours, 1)} h` },
      { head: 'regret', text: ({ replica_hours: estimate }) => hours(estimate) },
      {
        head: 'regret in USD',
        text: ({ usd }) => (usd === null ? NONE : estimateText(usd, 'plain')),
      },
      figureOf('time short', 'short_share', 'share'),
      { head: 'short', text: ({ short_replica_hours: estimate }) => hours(estimate) },
    ],
  ),
  metricTable<BudgetLimit>(
    { caption: 'Budget of scaled pools', of: 'budget' },
    ({ budget }) => (budget?.limits ?? []).map((limit) => [limit.what, limit] as const),
    [
      { head: 'limit', text: ({ limit }) => count(limit) },
      { head: 'most', text: ({ most }) => count(Math.round(most)) },
      figureOf('mean', 'mean', 'plain'),
    ],
  ),
  metricTable<BudgetCut>(
    { caption: 'Replicas that the budget did not grant', of: 'cut', note: cutNote },
    ({ budget }) => (budget?.pools ?? []).map((cut) => [cut.name, cut] as const),
    [
      figureOf('time cut', 'cut_share', 'share'),
      { head: 'not granted', text: ({ cut_replica_hours: estimate }) => hours(estimate) },
    ],
  ),
  {
    caption: 'First decisions of scalers',
    columns: ['decision', 'at', 'replicas', 'reason'],
    rows: (result) =>
      available(result).flatMap(([name, { decisions }]) =>
        decisions
          .slice(0, MOST_DECISIONS)
          .map(({ at_s, replicas, reason }) => [name, moment(at_s), count(replicas), reason]),
      ),
    note: furtherDecisions,
  },
]

const hours = (estimate: Parameters<typeof estimateText>[0]) =>
  `${estimateText(estimate, 'plain')} h`

/** Why there is no oracle, where one was asked for. */
function noOracle(result: Result): string[] {
  return available(result).flatMap(([name, { regret }]) =>
    typeof regret === 'string' ? [`no regret of ${name}: ${regret}`] : [],
  )
}

function oracleNote(result: Result): string[] {
  const pools = regretted(result)
  if (pools.length === 0) return []
  const short = pools.filter(([, { oracle }]) => oracle.beyond_max_share > 0)
  return [
    'regret: replica-hours above those of an oracle, which has the rates in advance and the fewest replicas that hold every objective; short: what it has and the pool has not',
    ...short.map(([name]) => `${name}: at times even max replicas are too few`),
  ]
}

function furtherDecisions(result: Result): string[] {
  return available(result).flatMap(([name, { decisions }]) => {
    const more = decisions.length - MOST_DECISIONS
    return more <= 0 ? [] : [`${plural(more, 'further decision')} of ${name} in the document`]
  })
}

function cutNote({ budget }: Result): string[] {
  if (budget === undefined) return []
  return ['not granted: replica-hours a run that scalers asked for beyond the budget']
}
