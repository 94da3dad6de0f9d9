import { ms, type Rule } from '../../findings.ts'
import { largestBatch } from './policy.ts'

export const batchSize: Rule = {
  rule: 'batch-size',
  promise: 'no batch exceeds its largest size, and a fixed batch is full until traffic ends',
  check({ queues, unhindered, end }, findings) {
    for (const queue of queues) {
      const { pool, batches } = queue
      const { batching } = pool
      const fills = batching.policy === 'fixed' && unhindered.includes(queue)
      const most = largestBatch(batching)
      for (const { members, dispatched } of batches) {
        const size = members.length
        const small = fills && size < most && !end.mayHaveEnded(dispatched)
        findings.check(size <= most && !small, members, () => {
          const allowed = small ? `exactly ${most} until traffic has ended` : `at most ${most}`
          return `a batch of ${size} at ${ms(dispatched)} in pool ${pool.name}; allowed: ${allowed}`
        })
      }
    }
  },
}
