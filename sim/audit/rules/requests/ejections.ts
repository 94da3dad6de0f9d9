import { arrivals } from '../../evidence/evidence.ts'
import { REFUSED_BY, SHED } from '../../evidence/raw-rows.ts'
import { ms, type Rule } from '../../findings.ts'

export const ejections: Rule = {
  rule: 'ejections',
  promise: 'nothing is routed to replicas that are ejected for failures, but in a panic',
  check(evidence, findings) {
    const { rows, ejected } = evidence
    for (const { key, sent, queue } of arrivals(evidence)) {
      if (queue.pool.ejection === undefined) continue
      if (rows.outcome[key] === SHED && rows.refusal[key] === REFUSED_BY.unavailable) continue
      // at the very instant of a change it may be either
      const span = ejected[queue.number]!.find(({ from, to }) => from < sent && sent < to)
      findings.check(span === undefined, [key], () => {
        const when = `ejected from ${ms(span!.from)} to ${ms(span!.to)}`
        return `routed to queue ${queue.number} at ${ms(sent)}, which was ${when}`
      })
    }
  },
}
