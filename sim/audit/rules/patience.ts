import type { Evidence } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import { ABANDONED, FAILED, SERVED } from '../raw-rows.ts'
import type { Rule } from '../rule.ts'

export const patience: Rule = {
  rule: 'patience',
  promise: "a request is served where it ends within its client's patience, else abandoned",
  check({ rows, batches, promises }: Evidence, found: Findings) {
    for (const { members } of batches) {
      for (const key of members) {
        if (rows.outcome[key] === FAILED) continue
        found.checked++
        const latency = rows.done[key]! - rows.at[key]!
        const patienceMs =
          promises.classes[rows.class[key]!]?.patienceMs ?? Number.POSITIVE_INFINITY
        const inTime = latency < patienceMs
        if (rows.outcome[key] === (inTime ? SERVED : ABANDONED)) continue
        found.violated(
          [key],
          () =>
            `took ${ms(latency)}, and its client waits ${ms(patienceMs)}; expected it to be ` +
            (inTime ? 'served' : 'abandoned'),
        )
      }
    }
  },
}
