import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'

/** Columns that are equal in all attempts of one request, copies and retries alike. */
const SAME = ['at', 'class', 'sendId', 'part', 'attempt', 'firstScheduledAt', 'leaves'] as const

/** How a further attempt differs from the first one; null where it does not. */
export function differsFromFirst({ rows }: Evidence, key: number, first: number): string | null {
  const column = SAME.find((name) => rows[name][key] !== rows[name][first])
  if (column === undefined) return null
  return `${column} is ${rows[column][key]}, but ${rows[column][first]} in the first attempt`
}

/**
 * Attempts of one request are in one pool. `again`: the text of the violation where a queue has two
 * of them although another queue of the pool was open; null where that is allowed.
 */
export function checkQueues(
  { rows, queues, ejected, delivered }: Evidence,
  keys: readonly number[],
  again: ((queue: number) => string) | null,
  findings: Findings,
): void {
  const usedQueues = new Set<number>()
  const poolIndex = queues[rows.queue[keys[0]!]!]?.poolIndex
  const ofPool = queues.filter((queue) => queue.poolIndex === poolIndex)
  // a network delivers copies in any order, and replicas may be lost while copies are on their way
  const cameAt = (key: number) => delivered?.[key] ?? rows.sent[key]!
  for (const key of keys.toSorted((a, b) => cameAt(a) - cameAt(b))) {
    const queue = rows.queue[key]!
    const at = cameAt(key)
    const isFree = ({ number, absences }: (typeof ofPool)[number]) =>
      !usedQueues.has(number) &&
      [...absences.closed, ...ejected[number]!].every(({ from, to }) => at < from || at > to)
    if (queues[queue]?.poolIndex !== poolIndex) {
      findings.violated([keys[0]!, key], () => 'attempts of one request, but in two pools')
    } else if (again !== null && usedQueues.has(queue) && ofPool.some(isFree)) {
      findings.violated([keys[0]!, key], () => again(queue))
    }
    usedQueues.add(queue)
  }
}
