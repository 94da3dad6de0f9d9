import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import { poolsOfClasses } from '../../promises/class-pools.ts'
import type { Rule } from '../../rule.ts'

export const models: Rule = {
  rule: 'models',
  promise: 'requests come only to pools of the model that their class asks for',
  check({ promises, rows, queues }: Evidence, found: Findings) {
    const allowed = poolsOfClasses(promises)
    for (let key = 0; key < rows.at.length; key++) {
      const pools = allowed[rows.class[key]!]
      const queue = queues[rows.queue[key]!]
      if (pools === undefined || pools.length === promises.pools.length) continue
      if (queue === undefined || Number.isNaN(rows.sent[key]!)) continue
      found.checked++
      if (pools.includes(queue.poolIndex)) continue
      const known = pools.length > 1 ? `of the pools ${pools.join(', ')}` : `pool ${pools}`
      found.violated([key], () => `came to pool ${queue.poolIndex}; its class has ${known}`)
    }
  },
}
