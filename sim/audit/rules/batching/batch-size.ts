import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import type { Rule } from '../../rule.ts'
import { largestBatch } from './policy.ts'

export const batchSize: Rule = {
  rule: 'batch-size',
  promise: 'no batch is larger than allowed, and a fixed one is full until the traffic ends',
  check({ queues, unhindered, end }: Evidence, found: Findings) {
    for (const queue of queues) {
      const { pool, batches } = queue
      const { batching } = pool
      const fills = batching.policy === 'fixed' && unhindered.includes(queue)
      const most = largestBatch(batching)
      for (const { members, dispatched } of batches) {
        found.checked++
        const size = members.length
        if (size > most) {
          found.violated(
            members,
            () => `a batch of ${size} at ${ms(dispatched)}; at most ${most} in pool ${pool.name}`,
          )
        } else if (fills && size < most && !end.mayHaveEnded(dispatched)) {
          found.violated(
            members,
            () =>
              `a batch of ${size} at ${ms(dispatched)}; exactly ${most} in pool ${pool.name} ` +
              'until the traffic has ended',
          )
        }
      }
    }
  },
}
