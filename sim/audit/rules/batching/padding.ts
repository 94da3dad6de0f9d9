import type { Rule } from '../../findings.ts'

export const padding: Rule = {
  rule: 'padding',
  promise:
    'a batch is padded to its longest request, up to a multiple of pad_to; a ragged one is not',
  check({ rows, queues }, findings) {
    for (const { pool, batches } of queues) {
      for (const { members } of batches) {
        let longest = 1
        for (const key of members) longest = Math.max(longest, rows.inputTokens[key]!)
        const expected = pool.ragged ? 0 : pool.padTo * Math.ceil(longest / pool.padTo)
        const padded = rows.padded[members[0]!]!
        findings.check(padded === expected, members, () => {
          const longestText = `the longest request has ${longest}, pad_to is ${pool.padTo}`
          return `padded to ${padded}; expected ${expected}, as ${longestText}`
        })
      }
    }
  },
}
