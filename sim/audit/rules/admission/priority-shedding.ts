import type { Rule } from '../../findings.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const priorityShedding: Rule = {
  rule: 'priority-shedding',
  promise: 'a request is shed exactly where its pool has reached the limit of its priority',
  check(seen, found) {
    const limit = (pool: number, key: number) => {
      const { priorityLimits } = seen.promises.pools[pool]!.admission
      const { priority } = seen.classOf(key)
      const promised = priorityLimits.find((entry) => entry.priority === priority)
      return promised === undefined ? Number.POSITIVE_INFINITY : promised.limit
    }
    checkPoolLimit(seen, 'priority', limit, found)
  },
}
