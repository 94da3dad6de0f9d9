import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import type { Rule } from '../../rule.ts'
import { checkPoolLimit } from './pool-limit.ts'

export const priorityShedding: Rule = {
  rule: 'priority-shedding',
  promise: 'none is let in beside more requests than its priority may be; else none is shed by it',
  check(seen: Evidence, found: Findings) {
    const limit = (pool: number, key: number) => {
      const { priorityLimits } = seen.promises.pools[pool]!.admission
      const { priority } = seen.classOf(key)
      const promised = priorityLimits.find((entry) => entry.priority === priority)
      return promised === undefined ? Number.POSITIVE_INFINITY : promised.limit
    }
    checkPoolLimit(seen, 'priority', limit, found)
  },
}
