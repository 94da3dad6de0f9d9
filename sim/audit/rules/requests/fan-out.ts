import type { Rule } from '../../findings.ts'

export const fanOut: Rule = {
  rule: 'fan-out',
  promise: 'the parts of a request are routed to different queues of one pool',
  on: 'sends',
  check({ rows, expected, classOf, queues }, findings) {
    const { sending } = expected
    let first = 0
    while (first < sending.length) {
      let next = first + 1
      while (next < sending.length && sending[next] === sending[first]) next++
      const keys = Array.from({ length: next - first }, (_, i) => first + i).filter(
        (key) => !(rows.copyOf[key]! >= 0),
      )
      first = next
      if (keys.length <= 1 || classOf(keys[0]!).fanOut === 1) continue
      findings.checked++
      const keyByQueue = new Map<number, number>()
      for (const key of keys) {
        const queue = rows.queue[key]!
        const sibling = keyByQueue.get(queue)
        keyByQueue.set(queue, key)
        if (sibling !== undefined) {
          findings.violated([sibling, key], () => `parts of one request, both in queue ${queue}`)
        } else if (queues[queue]?.poolIndex !== queues[rows.queue[keys[0]!]!]?.poolIndex) {
          findings.violated([keys[0]!, key], () => 'parts of one request, but in two pools')
        }
      }
    }
  },
}
