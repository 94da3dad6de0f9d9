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
  check(evidence, findings) {
    const { rows, queues, promises } = evidence
    for (const queue of queues) {
      const { joined, shed, pool } = queue
      if (memoryOf(queue) !== null) continue
      for (const key of [...joined, ...shed]) {
        const refused = admissionDecision(rows, key, 'memory') === 'refused'
        if (pool.generation === undefined && !refused) continue
        const fits =
          pool.generation === undefined || couldHold(promises, pool.generation, evidence, key)
        findings.check(fits !== refused, [key], () =>
          refused
            ? `request ${key} was shed for its size, but fits into the KV cache`
            : `request ${key} was admitted, but never fits into the KV cache`,
        )
      }
    }
    for (const [executor, { generation, keys, pool }] of engineRequests(evidence)) {
      const { blocks } = generation.kv
      if (blocks === Number.POSITIVE_INFINITY) continue
      const taken = new PromptBlocks(evidence, generation.kv)
      eachDispatch(evidence, keys, (key, running, ended) => {
        for (const sequence of ended) taken.change(sequence, -1)
        taken.change(key, 1)
        const at = rows.dispatched[key]!
        // a sequence that runs alone may use more than the budget of a tuned cache
        const [, budget] = evidence.settings.boundsAt(pool, 'kv-blocks', blocks, at)
        const most = running.length > 1 ? budget : blocks
        findings.check(taken.count <= most, running, () => {
          const when = `just after ${ms(at)}`
          return `prompts of ${taken.count} blocks on executor ${executor} ${when}; it has ${most}`
        })
      })
    }
  },
}
