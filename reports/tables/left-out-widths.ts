import type { Result } from '../../sim/documents/index.ts'
import { listed } from '../format.ts'

type BatchTimes = Result['assumptions']['batch_times'][number]

/** Longer lists of pools are cut. */
const MOST_POOLS = 4

/**
 * What intervals leave out, after "intervals": times that may be off by a known width, unless the
 * scenario includes those of sources; null for none.
 */
export function leftOutWidths(result: Result): string | null {
  const { world, assumptions, uncertainty } = result
  const included = assumptions.values.some(({ path }) => path === 'uncertain.sources')
  if (world !== 'simulated' || included) return null
  const left = assumptions.batch_times.filter((times) => isLeftOut(result, times))
  if (left.length === 0) return null
  const shown = left.slice(0, MOST_POOLS).map((times) => `${times.pool} (${SOURCES[times.basis!]})`)
  const further = left.length - shown.length
  const pools = listed([...shown, ...(further > 0 ? [`${further} more`] : [])])
  const hold = uncertainty === undefined ? 'hold the draws only, not' : 'leave out'
  return `${hold} how far off the times of ${pools} may be; --set uncertain.sources=included adds that`
}

/** What times that may have a known width are from; null for times of which none is known. */
const SOURCES: Readonly<Record<NonNullable<BatchTimes['basis']>, string | null>> = {
  fit: 'a fit',
  transferred: 'a transferred fit',
  usual: 'usual efficiencies',
  table: 'a benchmark',
  profile: 'a profile',
  declared: null,
}

function isLeftOut(
  { assumptions: { values }, uncertainty }: Result,
  { pool, basis, transferred, speed }: BatchTimes,
): boolean {
  if (basis === undefined || SOURCES[basis] === null) return false
  const valueAt = (wanted: string) => values.find(({ path }) => path === wanted)?.value
  const model = valueAt(`pools.${pool}.model`)
  // nothing is known of such transfers and profiles, nor of usual efficiencies of other nets
  if (basis === 'transferred' && transferred?.low == null) return false
  if (basis === 'profile' && speed === undefined) return false
  if (basis === 'usual' && valueAt(`models.${model}.work.law`) === 'operations') return false
  const stated = uncertainty?.inputs ?? []
  return !stated.some(
    ({ name }) => name === `speed of ${model}` || name.startsWith(`models.${model}.work.`),
  )
}
