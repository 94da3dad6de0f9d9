import type { Estimate } from './document-parts.ts'
import type { Sweep, SweepRow } from './sweep-document.ts'
import { rankOf } from './verdicts.ts'

/** This latency in a row, ms; null where the row has no figures. */
export function figureOf(
  { figures }: Pick<SweepRow, 'figures'>,
  figure: Sweep['figure'],
): Estimate | null {
  if (figures === null) return null
  if (figure.objective !== null) return figures.objectives[figure.objective]?.estimate ?? null
  const own = figures.classes.find(({ name }) => name === figure.class) ?? figures.classes[0]
  return own?.latency.percentiles.p99 ?? null
}

const WORST = rankOf('FAIL')
/** Rows without figures come after all verdicts. */
const RANKS: Readonly<Record<SweepEnd, number>> = {
  PASS: rankOf('PASS'),
  not_judged: rankOf('PASS'),
  UNDECIDED: rankOf('UNDECIDED'),
  FAIL: WORST,
  out_of_memory: WORST + 1,
  invalid: WORST + 2,
}

export type SweepEnd = keyof Sweep['counts']

/** The group in which a row is counted. */
export function endOf({ status, figures }: SweepRow): SweepEnd {
  return status === 'done' ? (figures?.verdict ?? 'not_judged') : status
}

/**
 * Sorts the best first: by verdict, then by price or without prices by replicas, then by latency,
 * then by the plan.
 */
export function byRank(figure: Sweep['figure']): (a: SweepRow, b: SweepRow) => number {
  const keys = (row: SweepRow) => [
    RANKS[endOf(row)],
    row.figures?.cost?.usd_per_hour ?? Number.POSITIVE_INFINITY,
    replicasOf(row),
    figureOf(row, figure)?.value ?? Number.POSITIVE_INFINITY,
    row.configuration,
  ]
  return (a, b) => {
    const [ours, theirs] = [keys(a), keys(b)]
    const at = ours.findIndex((key, i) => key !== theirs[i])
    return at < 0 ? 0 : ours[at]! < theirs[at]! ? -1 : 1
  }
}

/** Replicas of all pools; without prices they stand for the cost. */
const replicasOf = ({ figures }: SweepRow) =>
  figures?.pools.reduce((sum, { replicas }) => sum + replicas, 0) ?? 0
