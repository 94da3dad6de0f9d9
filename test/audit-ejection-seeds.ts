import { OUTCOME } from '../sim/serving/index.ts'
import type { RowColumns } from '../sim/stats/index.ts'
import { EJECTION_MS, ejecting } from './audited-systems.ts'
import type { Seed } from './row-surgery.ts'

/** Violated rules of ejections. */
export function ejectionSeeds(): Seed[] {
  return [
    {
      rule: 'ejections',
      what: 'routed to a replica during its first ejection',
      system: ejecting,
      spoil(c) {
        const { at, queue } = firstEjection(c)
        const key = c.sent.findIndex((sent) => sent > at && sent < at + EJECTION_MS)
        if (key < 0) throw new Error('Expected an arrival during the ejection')
        c.queue[key] = queue
        return [key]
      },
    },
  ]
}

/** When a queue has had two requests in a row whose clients had left, before any other queue. */
function firstEjection(c: RowColumns): { readonly at: number; readonly queue: number } {
  const inARow = new Map<number, number>()
  const ends = [...c.done.keys()].sort((a, b) => c.done[a]! - c.done[b]!)
  for (const key of ends) {
    const queue = c.queue[key]!
    const count = c.outcome[key] === OUTCOME.served ? 0 : (inARow.get(queue) ?? 0) + 1
    if (count === 2) return { at: c.done[key]!, queue }
    inARow.set(queue, count)
  }
  throw new Error('Expected two late requests in a row')
}
