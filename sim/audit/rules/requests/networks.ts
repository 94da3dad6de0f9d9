import type { Evidence } from '../../evidence/evidence.ts'
import { CANCELLED } from '../../evidence/raw-rows.ts'
import { ms, type Rule } from '../../findings.ts'

/** Sums of times are rounded in another order. */
const ROUNDING_MS = 1e-6

/** Checked on rows as they were sent, with the times of both ends. */
export const networks: Rule = {
  rule: 'networks',
  promise: 'requests and answers take at least the time of their network, and none in an outage',
  check(seen, found) {
    if (seen.promises.networks == null) return
    for (let key = 0; key < seen.rows.at.length; key++) {
      const problem = problemOf(seen, key)
      found.check(problem === null, [key], () => problem!)
    }
  },
}

function problemOf({ rows, delivered, promises }: Evidence, key: number): string | null {
  const routed = rows.routed?.[key] ?? Number.NaN
  const answered = rows.answered?.[key] ?? Number.NaN
  const sent = delivered![key]!
  const done = rows.done[key]!
  const way = promises.networks![rows.class[key]!]?.[rows.pool[key]!] ?? null
  const least = way === null ? 0 : way.leastMs + way.requestMs - ROUNDING_MS
  if (!(sent >= routed + least)) {
    return `routed at ${ms(routed)} and delivered at ${ms(sent)}; expected at least ${ms(least)}`
  }
  if (way === null && sent !== routed) {
    return `delivered at ${ms(sent)} at its own place, but routed at ${ms(routed)}`
  }
  const cut = way?.outages.find(({ from, to }) => from < sent - way.leastMs && sent < to)
  if (cut !== undefined && routed >= cut.from) {
    return `routed at ${ms(routed)}, in an outage until ${ms(cut.to)}, but delivered at ${ms(sent)}`
  }
  const hasAnswer = rows.batch[key]! >= 0
  const back = way === null || rows.outcome[key] === CANCELLED ? 0 : way.leastMs
  const leastBack = back + (way !== null && hasAnswer ? way.answerMs : 0) - ROUNDING_MS
  if (!(answered >= done + leastBack)) {
    return `ended at ${ms(done)} and answered at ${ms(answered)}; expected at least ${ms(leastBack)}`
  }
  return null
}
