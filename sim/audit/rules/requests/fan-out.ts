import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

export const fanOut: Rule = {
  rule: 'fan-out',
  promise: 'the parts of a request go to one pool, each to another queue of it',
  check({ rows, expected, classOf, queues }: Evidence, found: Findings) {
    const { sending } = expected
    let first = 0
    while (first < sending.length) {
      let next = first + 1
      while (next < sending.length && sending[next] === sending[first]) next++
      const keys = Array.from({ length: next - first }, (_, i) => first + i)
      first = next
      if (keys.length === 1 || classOf(keys[0]!).fanOut === 1) continue
      found.checked++
      const known = new Map<number, number>()
      for (const key of keys) {
        const queue = rows.queue[key]!
        const sibling = known.get(queue)
        known.set(queue, key)
        if (sibling !== undefined) {
          found.violated([sibling, key], () => `parts of one request, both of queue ${queue}`)
        } else if (queues[queue]?.poolIndex !== queues[rows.queue[keys[0]!]!]?.poolIndex) {
          found.violated([keys[0]!, key], () => 'parts of one request, but of two pools')
        }
      }
    }
  },
}
