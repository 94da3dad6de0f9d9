import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

export const tokens: Rule = {
  rule: 'tokens',
  promise: 'a first token comes after the place and not after the end, at the end if it is all',
  check({ rows, requests, expected, queues }: Evidence, found: Findings) {
    for (const { pool, batches } of queues) {
      if (pool.generation === undefined) continue
      const { policy } = pool.generation
      for (const { members, dispatched, done } of batches) {
        const key = members[0]!
        found.checked++
        const first = rows.firstToken[key]!
        const output = requests.output[expected.sending[key]!]!
        const text = `the first of ${output} tokens of request ${key} came at ${ms(first)}`
        const between = `between ${ms(dispatched)} and ${ms(done)}`
        if (!(first >= dispatched && first <= done)) {
          found.violated([key], () => `${text}; expected ${between}`)
        } else if (output > 1 && first >= done) {
          found.violated([key], () => `${text}, when all had come`)
        } else if (output === 1 && first < done && policy === 'continuous') {
          found.violated([key], () => `${text}, and it ended only at ${ms(done)}`)
        }
      }
    }
  },
}
