import type { Bounds } from '../../evidence/settings.ts'
import type { Rule } from '../../findings.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const priorityShedding: Rule = {
  rule: 'priority-shedding',
  promise: 'a request is shed exactly where its pool has reached the limit of its priority',
  check(evidence, findings) {
    const limits = (pool: number, key: number): Bounds => {
      const { priorityLimits } = evidence.promises.pools[pool]!.admission
      const { priority } = evidence.classOf(key)
      const promised = priorityLimits.find((entry) => entry.priority === priority)
      const limit = promised?.limit ?? Number.POSITIVE_INFINITY
      return [limit, limit]
    }
    checkPoolLimit(evidence, 'priority', limits, findings)
  },
}
