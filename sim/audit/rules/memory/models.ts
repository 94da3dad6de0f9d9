import { topologyOf } from '../../../serving/index.ts'
import { arrivals } from '../../evidence/evidence.ts'
import type { Rule } from '../../findings.ts'

export const models: Rule = {
  rule: 'models',
  promise: 'a request is routed only to pools of the model that its class requests',
  check(seen, found) {
    const allowed = topologyOf(seen.promises).classPools
    for (const { key, queue } of arrivals(seen)) {
      const pools = allowed[seen.rows.class[key]!]
      if (pools === undefined || pools.length === seen.promises.pools.length) continue
      found.check(pools.includes(queue.poolIndex), [key], () => {
        const expected = `${pools.length > 1 ? 'pools' : 'pool'} ${pools.join(', ')}`
        return `routed to pool ${queue.poolIndex}; its class has ${expected}`
      })
    }
  },
}
