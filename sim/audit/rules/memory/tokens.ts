import { type AuditRows, FAILED } from '../../evidence/raw-rows.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'

/** Of answers that a server streams: several tokens may come together, at the end, too. */
function checkStreams(rows: AuditRows, batches: readonly SeenBatch[], findings: Findings): void {
  for (const { members, dispatched, done } of batches) {
    const key = members[0]!
    if (rows.outcome[key] === FAILED) continue
    const first = rows.firstToken[key]!
    findings.check(first >= dispatched && first <= done, [key], () => {
      const times = `sent at ${ms(dispatched)}, end at ${ms(done)}`
      return `the first token was at ${ms(first)}, not between; ${times}`
    })
  }
}

export const tokens: Rule = {
  rule: 'tokens',
  promise: 'the first token is between dispatch and end, and at the end where it is the only one',
  check({ rows, requests, expected, queues }, findings) {
    for (const { pool, batches } of queues) {
      if (pool.streams === true) checkStreams(rows, batches, findings)
      if (pool.generation === undefined) continue
      const { policy } = pool.generation
      for (const { members, dispatched, done } of batches) {
        const key = members[0]!
        // lost with its replica, before or after its first token
        if (rows.outcome[key] === FAILED) continue
        const first = rows.firstToken[key]!
        const output = requests.outputTokens[expected.sending[key]!]!
        const atEnd = output === 1 && policy === 'continuous'
        const holds =
          first >= dispatched &&
          first <= done &&
          !(output > 1 && first === done) &&
          !(atEnd && first < done)
        findings.check(holds, [key], () => {
          const when = atEnd ? 'at the end' : output > 1 ? 'before the end' : 'until the end'
          const times = `dispatched at ${ms(dispatched)}, end at ${ms(done)}`
          return `the first of ${output} tokens was at ${ms(first)}, not ${when}; ${times}`
        })
      }
    }
  },
}
