import type { Scenario } from '../../scenarios/index.ts'
import {
  type Audit,
  type Comparison,
  type Counts,
  counts as countsSchema,
  type Result,
  type ShedBy,
} from '../../sim/documents/index.ts'
import { OUTCOME, outcomes, REFUSAL } from '../../sim/serving/index.ts'
import { PERCENTILES, percentileKey, percentileLabel, type Rows } from '../../sim/stats/index.ts'
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

/** The percentile of a class, or of all classes together, as an audit recomputed it. */
function exact({ percentiles }: RunAudit, label: string | null, p: number): number {
  const values = percentiles.find((one) => one.class === label)?.values
  return values?.find((one) => one.p === p)?.value ?? Number.NaN
}

/** Percentiles that a comparison states of each replay: they have to be equal. */
export function comparisonClaims(
  { percentiles }: { readonly percentiles: readonly StatedOfReplays[] },
  audits: readonly RunAudit[],
): Claim[] {
  return percentiles.flatMap(({ p, each }) =>
    each.map(({ replay, value }) => {
      const audit = audits[replay]
      const is = audit === undefined ? Number.NaN : exact(audit, null, p)
      return claim('comparison.json', `${percentileLabel(p)} of replay-${replay + 1}`, value, is)
    }),
  )
}

type StatedOfReplays = Pick<Comparison['percentiles'][number], 'p'> & {
  readonly each: readonly { readonly replay: number; readonly value: number }[]
}

/** Counts and percentiles that a result states of all its runs together. */
export function resultClaims(
  document: string,
  { classes, pools }: Pick<Result, 'classes' | 'pools'>,
  of: {
    readonly scenario: Scenario
    readonly rows: readonly Rows[]
    readonly audits: readonly RunAudit[]
  },
): Claim[] {
  const warmupMs = of.scenario.warmup_s * 1000
  const counted = (column: 'class' | 'pool', { name, counts }: Counted, index: number) => {
    const own = of.rows.map((rows) => countRows(rows, { warmupMs, column, index }))
    return (Object.keys(counts) as (keyof Counts)[]).map((key) => {
      const sum = own.reduce((total, one) => total + one[key], 0)
      return claim(document, `${key} of ${column} ${name}`, counts[key], sum)
    })
  }
  return [
    ...classes.flatMap((cell, i) => [
      ...counted('class', cell, i),
      ...PERCENTILES.flatMap((p) => {
        const { value } = cell.latency.percentiles[percentileKey(p)]
        if (value === null) return []
        const sum = of.audits.reduce((total, audit) => total + exact(audit, cell.name, p), 0)
        const figure = `${percentileLabel(p)} of class ${cell.name}`
        return [claim(document, figure, value, sum / of.audits.length, HISTOGRAM_TOLERANCE)]
      }),
    ]),
    ...pools.flatMap((cell, i) => [
      ...counted('pool', cell, i),
      ...(Object.keys(cell.shed_by) as (keyof ShedBy)[]).map((cause) => {
        const sum = of.rows.reduce(
          (total, rows) => total + countShed(rows, { warmupMs, pool: i, cause }),
          0,
        )
        const figure = `shed by ${cause} of pool ${cell.name}`
        return claim(document, figure, cell.shed_by[cause], sum)
      }),
    ]),
    ...classes.flatMap((cell) => callClaims(document, cell, of.audits)),
  ]
}

/** What a result states of a class's calls, of all its runs together. */
function callClaims(
  document: string,
  { name, calls }: Result['classes'][number],
  audits: readonly RunAudit[],
): Claim[] {
  if (calls === null) return []
  const own = audits.map((audit) => audit.calls.find((one) => one.class === name)!)
  const sum = (of: (one: RunAudit['calls'][number]) => number) =>
    own.reduce((total, one) => total + of(one), 0)
  return [
    claim(
      document,
      `calls made of class ${name}`,
      calls.made,
      sum(({ made }) => made),
    ),
    claim(
      document,
      `calls answered of class ${name}`,
      calls.answered,
      sum(({ answered }) => answered),
    ),
    ...PERCENTILES.flatMap((p) => {
      const { value } = calls.latency.percentiles[percentileKey(p)]
      if (value === null) return []
      const is = sum(({ values }) => values.find((one) => one.p === p)?.value ?? Number.NaN)
      const figure = `${percentileLabel(p)} of the calls of class ${name}`
      return [claim(document, figure, value, is / own.length, HISTOGRAM_TOLERANCE)]
    }),
  ]
}

type Counted = Pick<Result['classes'][number], 'name' | 'counts'>

const ENDS: ReadonlyMap<number, keyof Counts> = new Map(
  outcomes.map(({ number, key }) => [number, key]),
)

/** Requests of a class or pool that count, by how they ended. */
function countRows(
  { columns }: Rows,
  of: { readonly warmupMs: number; readonly column: 'class' | 'pool'; readonly index: number },
): Counts {
  const counts = Object.fromEntries(
    Object.keys(countsSchema.shape).map((key) => [key, 0]),
  ) as Counts
  const { at, done, outcome } = columns
  const belongs = columns[of.column]
  for (let key = 0; key < at.length; key++) {
    if (at[key]! < of.warmupMs || belongs[key] !== of.index) continue
    counts.arrived++
    const end = Number.isNaN(done[key]) ? 'in_flight' : ENDS.get(outcome[key]!)
    if (end !== undefined) counts[end]++
  }
  return counts
}

/** Requests of a pool that count and were refused for that reason. */
function countShed(
  { columns }: Rows,
  of: { readonly warmupMs: number; readonly pool: number; readonly cause: keyof ShedBy },
): number {
  let count = 0
  for (let key = 0; key < columns.at.length; key++) {
    const shed = columns.outcome[key] === OUTCOME.shed && columns.pool[key] === of.pool
    if (shed && columns.at[key]! >= of.warmupMs && columns.refusal[key] === REFUSAL[of.cause])
      count++
  }
  return count
}
