import { couldHold, eachDispatch, engineRequests } from '../../evidence/engine-requests.ts'
import { ms, type Rule } from '../../findings.ts'
import { memoryOf } from '../../promises/memory-asked.ts'
import { PromptBlocks } from '../../promises/prompt-blocks.ts'
import { admissionDecision } from '../admission/refused.ts'

/**
 * A sequence without a preemption has at least the blocks of its prompt until it ends. Rows do not
 * show how its answer grows.
 */
export const kvCache: Rule = {
  rule: 'kv-cache',
  promise: 'running prompts fit into the KV cache; exactly the requests that never would are shed',
  settings: ['kv-blocks'],
  check(seen, found) {
    const { rows, queues, promises } = seen
    for (const queue of queues) {
      const { joined, shed, pool } = queue
      if (memoryOf(queue) !== null) continue
      for (const key of [...joined, ...shed]) {
        const refused = admissionDecision(rows, key, 'memory') === 'refused'
        if (pool.generation === undefined && !refused) continue
        const fits =
          pool.generation === undefined || couldHold(promises, pool.generation, seen, key)
        found.check(fits !== refused, [key], () =>
          refused
            ? `request ${key} was shed for its size, but fits into the KV cache`
            : `request ${key} was admitted, but never fits into the KV cache`,
        )
      }
    }
    for (const [executor, { generation, keys, pool }] of engineRequests(seen)) {
      const { blocks } = generation.kv
      if (blocks === Number.POSITIVE_INFINITY) continue
      const taken = new PromptBlocks(seen, generation.kv)
      eachDispatch(seen, keys, (key, running, ended) => {
        for (const other of ended) taken.change(other, -1)
        taken.change(key, 1)
        const at = rows.dispatched[key]!
        // a sequence that runs alone may use more than the budget of a tuned cache
        const [, budget] = seen.settings.boundsAt(pool, 'kv-blocks', blocks, at)
        const most = running.length > 1 ? budget : blocks
        found.check(taken.count <= most, running, () => {
          const when = `just after ${ms(at)}`
          return `prompts of ${taken.count} blocks on executor ${executor} ${when}; it has ${most}`
        })
      })
    }
  },
}
