import { topologyOf } from '../../../serving/index.ts'
import { arrivals } from '../../evidence/evidence.ts'
import type { Rule } from '../../findings.ts'

export const models: Rule = {
  rule: 'models',
  promise: 'a request is routed only to pools of the model that its class requests',
  check(evidence, findings) {
    const allowed = topologyOf(evidence.promises).classPools
    for (const { key, queue } of arrivals(evidence)) {
      const pools = allowed[evidence.rows.class[key]!]
      if (pools === undefined || pools.length === evidence.promises.pools.length) continue
      findings.check(pools.includes(queue.poolIndex), [key], () => {
        const expected = `${pools.length > 1 ? 'pools' : 'pool'} ${pools.join(', ')}`
        return `routed to pool ${queue.poolIndex}; its class has ${expected}`
      })
    }
  },
}
