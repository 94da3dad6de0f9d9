import {
  counts,
  type Estimate,
  type PoolEjections,
  type Result,
  shedBy,
} from '../../sim/documents/index.ts'
import {
  count,
  estimateText,
  figure,
  moment,
  NONE,
  percent,
  type Quantity,
  time,
  valueText,
} from '../format.ts'
import { WORST_WINDOW } from './worst-window-table.ts'

/** A table of a result, for pages and terminals alike. */
export interface ResultTable {
  readonly caption: string
  /** the first column names what a row is about */
  readonly columns: readonly string[]
  /** a table without rows is not shown */
  readonly rows: (result: Result) => string[][]
  /** lines below the table */
  readonly note?: (result: Result) => string | readonly string[] | null
}

/** A metric: the head of its column, and how it is shown. */
export interface Metric<T> {
  readonly head: string
  readonly text: (of: T) => string
}

/** A figure with its interval; a dash where there is none. */
export function figureOf<K extends string>(
  head: string,
  key: K,
  quantity: Quantity,
): Metric<{ readonly [P in K]: Estimate | null }> {
  return {
    head,
    text: ({ [key]: own }) => (own === null ? NONE : estimateText(own, quantity)),
  }
}

export function countOf<K extends string>(
  head: string,
  key: K,
): Metric<{ readonly [P in K]: number }> {
  return { head, text: ({ [key]: own }) => count(own) }
}

/** The metrics of each class, pool or the like that a result has, one a row. */
export function metricTable<T>(
  head: Pick<ResultTable, 'caption' | 'note'> & { readonly of: string },
  rowsOf: (result: Result) => readonly (readonly [name: string, of: T])[],
  metrics: readonly Metric<NoInfer<T>>[],
): ResultTable {
  const { of, ...rest } = head
  return {
    ...rest,
    columns: [of, ...metrics.map((metric) => metric.head)],
    rows: (result) =>
      rowsOf(result).map(([name, own]) => [name, ...metrics.map(({ text }) => text(own))]),
  }
}

type Class = Result['classes'][number]
type Pool = Result['pools'][number]

/** Counts by the keys that they have in a document: `timed_out` is headed "timed out". */
const countsOf = <K extends string>(shape: Readonly<Record<K, unknown>>) =>
  (Object.keys(shape) as K[]).map((key) => countOf(key.replaceAll('_', ' '), key))

const classes = (result: Result) => result.classes.map((own) => [own.name, own] as const)
const pools = (result: Result) => result.pools.map((own) => [own.name, own] as const)

export const RESULT_TABLES: readonly ResultTable[] = [
  metricTable<Class['counts']>(
    { caption: 'Requests, in each run', of: 'requests a run' },
    ({ classes, runs }) => classes.map((own) => [own.name, perRun(own.counts, runs)] as const),
    countsOf(counts.shape),
  ),
  metricTable<Class>({ caption: 'Goodput', of: 'goodput', note: lateAnswers }, classes, [
    figureOf('rate', 'goodput_rps', 'rate'),
    figureOf('share of requests', 'goodput_share', 'share'),
    figureOf('throughput', 'throughput_rps', 'rate'),
    countOf('retries', 'retries'),
  ]),
  metricTable<Pool>({ caption: 'Pools', of: 'pool', note: capacities }, pools, [
    countOf('replicas', 'replicas'),
    figureOf('utilisation', 'utilisation', 'share'),
    figureOf('with stalls', 'occupied', 'share'),
    { head: 'capacity', text: capacityText },
    figureOf('mean batch', 'batch_mean', 'plain'),
    figureOf('padding efficiency', 'batch_efficiency', 'share'),
    figureOf('wasted work', 'wasted', 'share'),
  ]),
  WORST_WINDOW,
  metricTable<Pool['shed_by']>(
    { caption: 'Requests shed, by cause', of: 'shed by' },
    (result) =>
      pools(result).flatMap(([name, { counts: own, shed_by: by }]) =>
        own.shed > 0 ? [[name, perRun(by, result.runs)] as const] : [],
      ),
    countsOf(shedBy.shape),
  ),
  metricTable<Pool>(
    { caption: 'Engines', of: 'engines' },
    (result) => pools(result).filter(([, own]) => own.kv_blocks !== null),
    [
      figureOf('busy', 'utilisation', 'share'),
      { head: 'of capacity', text: ofCapacityText },
      { head: 'peak KV blocks', text: kvBlocksText },
      figureOf('prefix-cache hit rate', 'prefix_hit_rate', 'share'),
    ],
  ),
  metricTable<NonNullable<Class['calls']>>(
    { caption: 'Calls', of: 'calls' },
    (result) =>
      result.classes.flatMap(({ name, calls }) => (calls === null ? [] : [[name, calls] as const])),
    [
      countOf('made', 'made'),
      countOf('answered', 'answered'),
      { head: 'mean', text: ({ latency }) => estimateText(latency.mean, 'time') },
      ...(['p50', 'p95', 'p99'] as const).map((level) => ({
        head: level,
        text: ({ latency }: NonNullable<Class['calls']>) =>
          estimateText(latency.percentiles[level], 'time'),
      })),
    ],
  ),
  metricTable<NonNullable<Class['held']>>(
    { caption: 'Held back at clients', of: 'held back' },
    (result) =>
      result.classes.flatMap(({ name, held }) =>
        held === undefined ? [] : [[name, held] as const],
      ),
    [
      countOf('requests', 'count'),
      figureOf('share', 'share', 'share'),
      { head: 'mean wait', text: ({ wait }) => estimateText(wait.mean, 'time') },
      { head: 'longest', text: ({ longest_ms }) => time(longest_ms) },
      ...(['p50', 'p99'] as const).map((level) => ({
        head: `${level} from schedule`,
        text: ({ latency_from_schedule: { percentiles } }: NonNullable<Class['held']>) =>
          estimateText(percentiles[level], 'time'),
      })),
    ],
  ),
  metricTable<NonNullable<Result['tuning']>[number]>(
    {
      caption: 'Tuning',
      of: 'setting',
      note: ({ tuning }) =>
        tuning === undefined
          ? null
          : 'in the first run; each change and its reason: tuning, with --json',
    },
    ({ tuning = [] }) => tuning.map((own) => [own.setting, own] as const),
    [
      { head: 'start', text: ({ start }) => figure(start, 3) },
      { head: 'changes', text: ({ changes }) => count(changes.length) },
      { head: 'lowest', text: (own) => figure(Math.min(...valuesOf(own)), 3) },
      { head: 'highest', text: (own) => figure(Math.max(...valuesOf(own)), 3) },
      { head: 'last', text: (own) => figure(valuesOf(own).at(-1)!, 3) },
    ],
  ),
  metricTable<NonNullable<Class['hedges']>>(
    { caption: 'Copies of requests', of: 'class' },
    (result) =>
      result.classes.flatMap(({ name, hedges }) =>
        hedges === null ? [] : [[name, hedges] as const],
      ),
    [
      countOf('sent', 'sent'),
      figureOf('per request', 'sent_share', 'share'),
      countOf('won', 'won'),
      countOf('withdrawn', 'withdrawn'),
      countOf('redundant', 'redundant'),
      figureOf('wasted', 'wasted', 'share'),
    ],
  ),
  metricTable<Result['pools'][number]>(
    { caption: 'Proxies of pools', of: 'proxy' },
    ({ pools }) =>
      pools
        .filter((pool) => pool.proxy_retries !== undefined || pool.shed_by.overflow > 0)
        .map((pool) => [pool.name, pool] as const),
    [
      { head: 'retries', text: (pool) => count(pool.proxy_retries?.sent ?? 0) },
      {
        head: 'per request',
        text: (pool) =>
          pool.proxy_retries === undefined
            ? NONE
            : estimateText(pool.proxy_retries.sent_share, 'share'),
      },
      { head: 'succeeded', text: (pool) => count(pool.proxy_retries?.succeeded ?? 0) },
      { head: 'not allowed', text: (pool) => count(pool.proxy_retries?.overflow ?? 0) },
      { head: 'refused by breaker', text: (pool) => count(pool.shed_by.overflow) },
    ],
  ),
  metricTable<PoolEjections>(
    { caption: 'Ejections of replicas', of: 'ejections' },
    ({ pools }) =>
      pools.flatMap(({ name, ejections }) =>
        ejections === undefined ? [] : [[name, ejections] as const],
      ),
    [
      figureOf('a run', 'count', 'plain'),
      { head: 'failures in a row', text: ({ by }) => count(by.consecutive) },
      { head: 'success rate', text: ({ by }) => count(by.success_rate) },
      { head: 'failure percentage', text: ({ by }) => count(by.failure_percentage) },
      figureOf('replica-seconds', 'ejected_s', 'plain'),
      figureOf('seconds of panic', 'panic_s', 'plain'),
    ],
  ),
  metricTable<Result['surges'][number]>(
    { caption: 'Surges', of: 'surge' },
    // of very many the first ones do
    ({ surges }) => surges.slice(0, 12).map((own) => [own.class, own] as const),
    [
      { head: 'at', text: ({ at_s }) => moment(at_s) },
      figureOf('peak backlog', 'peak_backlog', 'plain'),
      { head: 'recovery time', text: ({ recovery_s }) => recoveryText(recovery_s) },
    ],
  ),
]

/** Beyond this share of its rate, what a class answers after the traffic is said. */
const LATE = 0.02

/** Why a share of requests may be more than the rate, where much is answered after the traffic. */
function lateAnswers({ classes: all, runs, duration_s, warmup_s }: Result): string[] {
  const late = all.flatMap(({ name, counts: own, throughput_rps: { value } }) => {
    const served = own.served / (runs * (duration_s - warmup_s))
    return value !== null && served - value > LATE * served ? [name] : []
  })
  if (late.length === 0) return []
  return [`${late.join(', ')}: rates end with the traffic, and some requests are served after it`]
}

const valuesOf = ({ start, changes }: NonNullable<Result['tuning']>[number]) => [
  start,
  ...changes.map(({ to }) => to),
]

/** Documents have the sum over all runs. */
function perRun<K extends string>(sums: Readonly<Record<K, number>>, runs: number) {
  const entries = Object.entries<number>(sums).map(([key, sum]) => [key, sum / runs])
  return Object.fromEntries(entries) as Record<K, number>
}

/** The capacity of a pool; a dash if it is unknown, which `unknownCapacities` explains. */
export function capacityText({ capacity_rps: rps }: Pool): string {
  return rps === null ? NONE : `${figure(rps)} req/s`
}

/** The share of its capacity that a pool of engines works at; a dash for others. */
function ofCapacityText({ capacity_utilisation: share }: Pool): string {
  return share === undefined ? NONE : estimateText(share, 'share')
}

const ENGINES =
  'an engine is utilised (busy) while it runs any sequence, so it may be near 100 % far below its capacity; of capacity: the share of it that its work needs'

/** What capacity, load and utilisation mean, where they stand; or which capacity is unknown. */
function capacities({ pools }: Result): string[] {
  const known =
    unknownCapacities(pools) ??
    'capacity: the highest rate at which queues stay short, at full batches; load: mean rate over capacity'
  const engines = pools.some(({ kv_blocks: blocks }) => blocks !== null) ? [ENGINES] : []
  // engines, and declared work, have neither overheads nor stalls
  const differ = pools.some(({ utilisation, occupied }) => utilisation.value !== occupied.value)
  const withStalls = differ ? [WITH_STALLS] : []
  return [[known, ...engines].join('; '), ...withStalls, ...stallTexts(pools), ...sliced(pools)]
}

/** Which capacity is unknown, and why; null where all are known. */
function unknownCapacities(pools: readonly Pool[]): string | null {
  const unknown = pools.filter(({ capacity_rps: rps }) => rps === null)
  if (unknown.length === 0) return null
  const names = unknown.map(({ name }) => name).join(', ')
  const shared = unknown.some(({ slowdown }) => slowdown !== undefined)
  const swapped = unknown.some(({ slowdown }) => slowdown === undefined)
  const why = [...(swapped ? ['with model swapping'] : []), ...(shared ? ['on a shared card'] : [])]
  return `capacity of ${names} and load: undefined ${why.join(' and ')}`
}

/** "time on a shared card over the time alone on it: rank 1.32 [1.30, 1.34], chat 1.1" */
function sliced(pools: readonly Pool[]): string[] {
  const each = pools.flatMap(({ name, slowdown }) =>
    slowdown === undefined ? [] : [`${name} ${estimateText(slowdown, 'plain')}`],
  )
  if (each.length === 0) return []
  return [`time on a shared card over the time alone on it: ${each.join(', ')}`]
}

const WITH_STALLS =
  'with stalls: utilisation from the dispatch of a batch until the dispatcher sees its end, overheads included'

/** "stalls in the profile: central dispatcher 2.1 % of the time, executors 0.7 % of batches" */
function stallTexts(pools: readonly Pool[]): string[] {
  const each = pools.flatMap(({ name, stalls }) =>
    stalls === null
      ? []
      : [
          `${name}: dispatcher ${percent(stalls.dispatcher)} of the time, executors ${percent(stalls.executors)} of the time of batches`,
        ],
  )
  return each.length === 0 ? [] : [`stalls in the recordings of the profile: ${each.join('; ')}`]
}

/** "most of limit": of one replica. */
function kvBlocksText({ kv_blocks: most, kv_blocks_limit: limit }: Pool): string {
  if (most === null) return NONE
  return `${valueText(most, 'plain')}${limit === null ? '' : ` of ${count(limit)}`}`
}

function recoveryText(estimate: Estimate): string {
  const { value, low, high, reason } = estimate
  if (value === null) return reason ?? 'never'
  const inMs = (s: number | null) => (s === null ? null : 1000 * s)
  return estimateText({ ...estimate, value: inMs(value), low: inMs(low), high: inMs(high) }, 'time')
}
