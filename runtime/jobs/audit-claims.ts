import type { Scenario } from '../../scenarios/index.ts'
import { exactPowerW, exactScatter, showsEnergy, showsScatter } from '../../sim/audit/index.ts'
import { type Audit, type Comparison, namedTimes, type Result } from '../../sim/documents/index.ts'
import { allOutcomes, OUTCOME, REFUSAL } from '../../sim/serving/index.ts'
import {
  type ExecutorChange,
  PERCENTILES,
  percentileKey,
  percentileLabel,
  type Rows,
} from '../../sim/stats/index.ts'
import type { RunAudit } from './audit-runs.ts'

type Claim = Audit['claims'][number]

/**
 * Results take quantiles from a histogram whose buckets are at most 1/128 of their lower edge wide,
 * and a quantile lies in the bucket of the exact one: 0.78 %, and so does a mean over runs.
 */
const HISTOGRAM_TOLERANCE = 0.0079

function claim(document: string, figure: string, stated: number, is: number, tolerance = 0): Claim {
  return {
    document,
    figure,
    stated,
    recomputed: Number.isFinite(is) ? is : null,
    tolerance,
    holds: Math.abs(stated - is) <= tolerance * Math.abs(is),
  }
}

/** What percentiles are of. */
const TIMES = ['latency', 'ttft', 'tpot'] as const
type Time = (typeof TIMES)[number]

/** The percentile of a class, or of all classes together, as an audit recomputed it. */
function exact(
  { percentiles, tokens }: RunAudit,
  label: string | null,
  p: number,
  time: Time = 'latency',
): number {
  const isOfClass = (entry: { readonly class: string | null }) => entry.class === label
  const values =
    time === 'latency' ? percentiles.find(isOfClass)?.values : tokens.find(isOfClass)?.[time].values
  return values?.find((percentile) => percentile.p === p)?.value ?? Number.NaN
}

/** "p99", or "TTFT p99" */
const nameOf = (p: number, time: Time) =>
  time === 'latency' ? percentileLabel(p) : `${time.toUpperCase()} ${percentileLabel(p)}`

/** The geometric mean, which results have of a percentile over runs. */
function overRuns(values: readonly number[]): number {
  const logs = values.reduce((sum, value) => sum + Math.log(value), 0)
  return Math.exp(logs / values.length)
}

/** Percentiles that a comparison states of each replay: they have to be equal. */
export function comparisonClaims(
  { percentiles, token_times }: StatedPercentiles & StatedTokenTimes,
  audits: readonly RunAudit[],
): Claim[] {
  const ofTokens = namedTimes(token_times).map(({ key, ...times }) => [key, times] as const)
  const all: (readonly [Time, StatedPercentiles])[] = [['latency', { percentiles }], ...ofTokens]
  return all.flatMap(([time, stated]) =>
    stated.percentiles.flatMap(({ p, each }) =>
      each.map(({ replay, value }) => {
        const audit = audits[replay]
        const is = audit === undefined ? Number.NaN : exact(audit, null, p, time)
        return claim('comparison.json', `${nameOf(p, time)} of replay-${replay + 1}`, value, is)
      }),
    ),
  )
}

interface StatedPercentiles {
  readonly percentiles: readonly StatedOfReplays[]
}

interface StatedTokenTimes {
  readonly token_times?:
    | { readonly ttft: StatedPercentiles; readonly tpot?: StatedPercentiles | undefined }
    | undefined
}

type StatedOfReplays = Pick<Comparison['percentiles'][number], 'p'> & {
  readonly each: readonly { readonly replay: number; readonly value: number }[]
}

interface ClaimedRuns {
  readonly scenario: Scenario
  readonly rows: readonly Rows[]
  /** of the executors in each run; absent where none comes or goes */
  readonly changes?: readonly (readonly ExecutorChange[])[]
}

/** Counts and percentiles that a result states of all its runs together. */
export function resultClaims(
  document: string,
  { classes, pools, assumptions }: Pick<Result, 'classes' | 'pools' | 'assumptions'>,
  of: ClaimedRuns & { readonly audits: readonly RunAudit[] },
): Claim[] {
  const warmupMs = of.scenario.warmup_s * 1000
  const counted = (column: 'class' | 'pool', name: string, index: number, stated: Stated) => {
    const tallies = of.rows.map((rows) => tally(rows, { warmupMs, column, index }))
    return Object.entries(stated).map(([key, value]) => {
      const sum = tallies.reduce((total, counts) => total + (counts.get(key) ?? 0), 0)
      return claim(document, `${key} of ${column} ${name}`, value, sum)
    })
  }
  return [
    ...classes.flatMap(({ name, counts, hedges, latency, tokens }, i) => [
      ...counted('class', name, i, { ...counts, ...countsOfCopies(hedges) }),
      ...percentileClaims(document, name, of.audits, { latency, ...tokens }),
    ]),
    ...pools.flatMap(({ name, counts, shed_by, proxy_retries: retries }, i) => {
      const causes = Object.entries(shed_by).map(([cause, shed]) => [`shed by ${cause}`, shed])
      const again = retries && { sent: retries.sent, won: retries.succeeded }
      return counted('pool', name, i, { ...counts, ...Object.fromEntries(causes), ...again })
    }),
    ...classes.flatMap((cell) => callClaims(document, cell, of.audits)),
    ...pools.flatMap((pool, i) => powerClaim(document, of, pool, i)),
    ...assumptions.batch_times.flatMap((times, i) => scatterClaim(document, of, times, i)),
  ]
}

/** Percentiles of a class that a result states: of its latency, and of its times of tokens. */
function percentileClaims(
  document: string,
  name: string,
  audits: readonly RunAudit[],
  stated: Partial<Record<Time, Result['classes'][number]['latency']>>,
): Claim[] {
  return TIMES.flatMap((time) =>
    PERCENTILES.flatMap((p) => {
      const value = stated[time]?.percentiles[percentileKey(p)].value ?? null
      if (value === null) return []
      const is = overRuns(audits.map((audit) => exact(audit, name, p, time)))
      const figure = `${nameOf(p, time)} of class ${name}`
      return [claim(document, figure, value, is, HISTOGRAM_TOLERANCE)]
    }),
  )
}

function countsOfCopies(hedges: Result['classes'][number]['hedges']): Stated {
  if (hedges === null) return {}
  const { sent, won, withdrawn, redundant } = hedges
  return { sent, won, withdrawn, redundant }
}

/** Sums of many batches are rounded. */
const SUM_TOLERANCE = 1e-9

/** The mean power that a result states of a pool whose rows show it. */
function powerClaim(
  document: string,
  { scenario, rows, changes }: ClaimedRuns,
  pool: Result['pools'][number],
  index: number,
): Claim[] {
  const value = pool.energy?.power_w.value ?? null
  if (value === null || !showsEnergy(scenario.pools[index]!)) return []
  const each = rows.map(({ columns }, i) => exactPowerW(columns, scenario, index, changes?.[i]))
  const mean = each.reduce((sum, watts) => sum + watts, 0) / each.length
  return [claim(document, `mean power of pool ${pool.name}`, value, mean, SUM_TOLERANCE)]
}

/** The scatter of batches that a result states of the law of a pool, where rows show it. */
function scatterClaim(
  document: string,
  { scenario, rows }: ClaimedRuns,
  { pool, residual }: Result['assumptions']['batch_times'][number],
  index: number,
): Claim[] {
  if (residual === undefined || !showsScatter(scenario, index)) return []
  return rows.flatMap(({ columns }) => {
    const shown = exactScatter(columns, index)
    if (shown === null) return []
    const figure = `scatter of batches of pool ${pool}`
    return [claim(document, figure, residual.of_all, shown.cv, shown.tolerance)]
  })
}

type Stated = Readonly<Record<string, number>>

/** What a result states of a class's calls, of all its runs together. */
function callClaims(
  document: string,
  { name, calls }: Result['classes'][number],
  audits: readonly RunAudit[],
): Claim[] {
  if (calls === null) return []
  const audited = audits.map((audit) => audit.calls.find((candidate) => candidate.class === name)!)
  const sum = (of: (entry: RunAudit['calls'][number]) => number) =>
    audited.reduce((total, entry) => total + of(entry), 0)
  const counts = (['made', 'answered'] as const).map((key) => {
    const recounted = sum((entry) => entry[key])
    return claim(document, `calls ${key} of class ${name}`, calls[key], recounted)
  })
  const percentiles = PERCENTILES.flatMap((p) => {
    const { value } = calls.latency.percentiles[percentileKey(p)]
    if (value === null) return []
    const is = overRuns(
      audited.map(({ values }) => values.find((row) => row.p === p)?.value ?? Number.NaN),
    )
    const figure = `${percentileLabel(p)} of the calls of class ${name}`
    return [claim(document, figure, value, is, HISTOGRAM_TOLERANCE)]
  })
  return [...counts, ...percentiles]
}

const ENDS: ReadonlyMap<number, string> = new Map(
  allOutcomes.map(({ number, key }) => [number, key]),
)
/** Ends of copies and of attempts that are in no count of requests. */
const NO_ARRIVALS: readonly number[] = [OUTCOME.withdrawn, OUTCOME.redundant, OUTCOME.retried]

const CAUSES = new Map<number, string>(
  Object.entries(REFUSAL).map(([cause, number]) => [number, `shed by ${cause}`]),
)

/** Counted requests of a class or pool, by their ends and by the causes of refusals. */
function tally(
  { columns }: Rows,
  of: { readonly warmupMs: number; readonly column: 'class' | 'pool'; readonly index: number },
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  const add = (key: string | undefined) => {
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const { at, done, outcome, refusal, copyOf } = columns
  const belongs = columns[of.column]
  for (let key = 0; key < at.length; key++) {
    if (at[key]! < of.warmupMs || belongs[key] !== of.index) continue
    if (copyOf[key]! >= 0) add('sent')
    if (copyOf[key]! >= 0 && outcome[key] === OUTCOME.served) add('won')
    if (NO_ARRIVALS.includes(outcome[key]!)) {
      add(ENDS.get(outcome[key]!))
      continue
    }
    add('arrived')
    add(Number.isNaN(done[key]) ? 'in_flight' : ENDS.get(outcome[key]!))
    if (outcome[key] === OUTCOME.shed) add(CAUSES.get(refusal[key]!))
  }
  return counts
}
