import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'

/** What all attempts of one request have in common, be they copies or retries. */

const SAME = ['at', 'class', 'sendId', 'part', 'attempt', 'firstScheduledAt', 'leaves'] as const

/** What of a further attempt is not as in the first one; null for nothing. */
export function differsFromFirst({ rows }: Evidence, key: number, first: number): string | null {
  const other = SAME.find((name) => rows[name][key] !== rows[name][first])
  if (other === undefined) return null
  return `${other} is ${rows[other][key]}, but ${rows[other][first]} in the first attempt`
}

/**
 * Attempts of one request are in one pool. `again` states what it means that a queue has two of
 * them while another one of the pool was open; null where that is allowed.
 */
export function checkQueues(
  { rows, queues, ejected, delivered }: Evidence,
  keys: readonly number[],
  again: ((queue: number) => string) | null,
  found: Findings,
): void {
  const known = new Set<number>()
  const poolIndex = queues[rows.queue[keys[0]!]!]?.poolIndex
  const ofPool = queues.filter((queue) => queue.poolIndex === poolIndex)
  // a network delivers copies in any order, and replicas may be lost while copies are on their way
  const cameAt = (key: number) => delivered?.[key] ?? rows.sent[key]!
  for (const key of keys.toSorted((a, b) => cameAt(a) - cameAt(b))) {
    const queue = rows.queue[key]!
    const at = cameAt(key)
    const isFree = ({ number, absences }: (typeof ofPool)[number]) =>
      !known.has(number) &&
      [...absences.closed, ...ejected[number]!].every(({ from, to }) => at < from || at > to)
    if (queues[queue]?.poolIndex !== poolIndex) {
      found.violated([keys[0]!, key], () => 'attempts of one request, but in two pools')
    } else if (again !== null && known.has(queue) && ofPool.some(isFree)) {
      found.violated([keys[0]!, key], () => again(queue))
    }
    known.add(queue)
  }
}
