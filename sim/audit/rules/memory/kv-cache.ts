import { couldHold, engineRequests } from '../../evidence/engine-requests.ts'
import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import { memoryOf } from '../../promises/memory-asked.ts'
import { PromptBlocks } from '../../promises/prompt-blocks.ts'
import type { Rule } from '../../rule.ts'
import { admissionDecision } from '../admission/refused.ts'

/**
 * A sequence without a preemption has at least the blocks of its prompt until it ends. Rows do not
 * show how its answer grows.
 */
export const kvCache: Rule = {
  rule: 'kv-cache',
  promise:
    'prompts that run at once fit the KV cache; whom it could never hold is shed, nobody else',
  check(seen: Evidence, found: Findings) {
    const { rows, gone, queues, promises } = seen
    for (const queue of queues) {
      const { joined, shed, pool } = queue
      if (memoryOf(queue) !== null) continue
      for (const key of [...joined, ...shed]) {
        const refused = admissionDecision(rows, key, 'memory') === 'refused'
        if (pool.generation === undefined && !refused) continue
        found.checked++
        const holds =
          pool.generation === undefined || couldHold(promises, pool.generation, seen, key)
        if (holds !== refused) continue
        found.violated([key], () =>
          refused
            ? `request ${key} was shed for its size, which a KV cache could hold`
            : `request ${key} was let in, which no KV cache could ever hold`,
        )
      }
    }
    for (const [executor, { generation, keys }] of engineRequests(seen)) {
      const { blocks } = generation.kv
      if (blocks === Number.POSITIVE_INFINITY) continue
      const running: number[] = []
      const taken = new PromptBlocks(seen, generation.kv)
      for (const key of keys) {
        if (rows.preemptions[key]! > 0) continue
        found.checked++
        const at = rows.dispatched[key]!
        for (let i = running.length - 1; i >= 0; i--) {
          if (gone[running[i]!]! > at) continue
          taken.remove(running[i]!)
          running.splice(i, 1)
        }
        running.push(key)
        taken.add(key)
        const { count: now } = taken
        if (now <= blocks) continue
        found.violated(
          [...running],
          () =>
            `prompts of ${now} blocks on executor ${executor} just after ${ms(at)}; it has ${blocks}`,
        )
      }
    }
  },
}
