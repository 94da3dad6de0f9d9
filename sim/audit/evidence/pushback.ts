import type { Evidence } from './evidence.ts'
import { REFUSED_BY, SHED } from './raw-rows.ts'

const { memory, priority, deadline, concurrency, queue, tokens } = REFUSED_BY
/** The reasons for which the pool itself refuses. */
const OF_POOL: readonly number[] = [memory, priority, deadline, concurrency, queue, tokens]

/** The pushback that the refusal of a request had, ms; undefined for none. */
export function pushbackOf(
  { rows, promises }: Pick<Evidence, 'rows' | 'promises'>,
  key: number,
): number | undefined {
  if (rows.outcome[key] !== SHED || !OF_POOL.includes(rows.refusal[key]!)) return undefined
  return promises.pools[rows.pool[key]!]?.admission.retryPushbackMs
}
