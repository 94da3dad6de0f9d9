import type { Evidence, SeenQueue } from '../evidence.ts'
import { type Findings, ms } from '../findings.ts'
import type { Rule } from '../rule.ts'

export const order: Rule = {
  rule: 'order',
  promise: 'nobody is dispatched before one who came to the same queue earlier and still waits',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.queues) checkQueue(seen, queue, found)
  },
}

function checkQueue({ rows, left }: Evidence, queue: SeenQueue, found: Findings): void {
  /** of those so far, who waited longest into the run */
  let latest = -1
  /** the last one who was dispatched */
  let previous = -1
  const begun = new Set<number>()
  for (const key of queue.joined) {
    found.checked++
    const batch = rows.batch[key]!
    if (batch >= 0) {
      const before = latest
      if (before >= 0 && left[before]! > left[key]!) {
        found.violated(
          [before, key],
          () =>
            `request ${before} came to queue ${queue.number} at ${ms(rows.sent[before]!)} before ` +
            `${key} but waited until ${ms(left[before]!)}; ${key} went at ${ms(left[key]!)}`,
        )
      } else if (previous >= 0 && batch !== rows.batch[previous] && begun.has(batch)) {
        const between = previous
        found.violated(
          [between, key],
          () => `request ${between} of another batch stood between ${key} and its batch`,
        )
      }
      begun.add(batch)
      previous = key
    }
    if (latest < 0 || left[key]! > left[latest]!) latest = key
  }
}
