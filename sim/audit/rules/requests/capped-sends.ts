import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'

export const cappedSends: Rule = {
  rule: 'capped-sends',
  promise: 'clients send in order, as scheduled or as soon as max_in_flight allows it',
  on: 'sends',
  check(evidence, findings) {
    for (const [index, { maxInFlight }] of (evidence.promises.reactions?.classes ?? []).entries()) {
      if (maxInFlight !== undefined) checkClass(evidence, index, maxInFlight, findings)
    }
  },
}

/**
 * Requests are sent in order, so the n-th may be sent when n − most of them have ended, and no
 * earlier: at the (n − most)-th end of all. Those after it end later than that, as each of them is
 * sent later.
 */
function checkClass(evidence: Evidence, index: number, most: number, findings: Findings): void {
  const { rows } = evidence
  const ends = new Map<number, number>()
  const first: number[] = []
  for (let key = 0; key < rows.at.length; key++) {
    if (rows.class[key] !== index) continue
    const number = rows.sendId[key]!
    const lastEnd = ends.get(number)
    if (lastEnd === undefined) first.push(key)
    ends.set(number, Math.max(lastEnd ?? 0, endOf(evidence, key)))
  }
  const rising = Float64Array.from(ends.values()).sort()
  for (const [i, key] of first.entries()) {
    const scheduled = rows.firstScheduledAt[key]!
    const before = i > 0 ? rows.firstScheduledAt[first[i - 1]!]! : scheduled
    findings.check(before <= scheduled, [key], () => {
      return `scheduled at ${ms(scheduled)}, and sent after one that was scheduled at ${ms(before)}`
    })
    const free = i < most ? scheduled : rising[i - most]!
    const due = Math.max(scheduled, free)
    findings.check(rows.at[key] === due, [key], () => {
      const was = `sent at ${ms(rows.at[key]!)}, scheduled at ${ms(scheduled)}`
      return `${was}, and the first of ${most} places was free at ${ms(free)}`
    })
  }
}

/** When a client has the answer, or gave it up; Infinity where it does not end. */
function endOf({ rows, answered }: Evidence, key: number): number {
  const end = Math.min(answered[key]!, rows.leaves[key]!)
  return Number.isNaN(end) ? Number.POSITIVE_INFINITY : end
}
