import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import { isSwappable } from '../../promises/memory-asked.ts'

/** Share by which rounding may make a load shorter. */
const ROUNDING = 1e-9

/**
 * A process begins without a swapped model, at the start of a run and after each loss: no batch of
 * its replica is dispatched before the shortest time of a load is over. A link that loads share
 * makes them longer.
 */
export function checkReloads({ queues, promises }: Evidence, findings: Findings): void {
  for (const queue of queues) {
    if (!isSwappable(promises, queue)) continue
    const loadMs = promises.leastLoadsMs?.[queue.poolIndex]
    if (loadMs === undefined) continue
    for (let place = 0; place < queue.executors; place++) {
      const executor = queue.firstExecutor + place
      const batches = queue.batches.filter((batch) => batch.executor === executor)
      for (const from of [0, ...queue.absences.returnsOf(place)]) {
        // a batch whose load has failed for good ends at once, and has not run
        const first = batches.find(
          ({ dispatched, done }) => dispatched >= from && done > dispatched,
        )
        if (first === undefined) continue
        const { dispatched, members } = first
        findings.check(
          dispatched - from >= loadMs * (1 - ROUNDING) - ROUNDING * from,
          members,
          () => {
            const began = from === 0 ? 'at the start' : `at ${ms(from)}`
            return `dispatched at ${ms(dispatched)} to executor ${executor}, which began without its model ${began}; a load takes ${ms(loadMs)}`
          },
        )
      }
    }
  }
}
