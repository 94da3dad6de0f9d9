import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import type { Rule } from '../../rule.ts'

export const padding: Rule = {
  rule: 'padding',
  promise:
    'a batch is padded to its longest member, rounded up to a multiple of pad_to; none ragged',
  check({ rows, queues }: Evidence, found: Findings) {
    for (const { pool, batches } of queues) {
      for (const { members } of batches) {
        found.checked++
        let longest = 1
        for (const key of members) longest = Math.max(longest, rows.length[key]!)
        const over = longest % pool.padTo
        const whole = over === 0 ? longest : longest + pool.padTo - over
        const expected = pool.ragged ? 0 : whole
        const padded = rows.padded[members[0]!]!
        if (padded === expected) continue
        found.violated(
          members,
          () =>
            `padded to ${padded}; the longest is ${longest}, so ${expected} was expected at ` +
            `multiples of ${pool.padTo}`,
        )
      }
    }
  },
}
