import { arrivals } from '../../evidence/evidence.ts'
import { FAILED, REFUSED_BY, SHED } from '../../evidence/raw-rows.ts'
import { ms, type Rule } from '../../findings.ts'

export const replicas: Rule = {
  rule: 'replicas',
  promise: 'nothing is routed to replicas that are away, and what a lost replica has fails',
  check(evidence, findings) {
    const { queues, rows, promises, ejected } = evidence
    const stays = ({ absences, number }: (typeof queues)[number]) =>
      absences.times.length + absences.closed.length + ejected[number]!.length === 0
    if (queues.every(stays) && !rows.refusal.includes(REFUSED_BY.unavailable)) return
    const isClosed = (number: number, at: number) =>
      queues[number]!.absences.closed.some(({ from, to }) => from < at && at < to)
    const ofPool = promises.pools.map((_, pool) =>
      queues.filter(({ poolIndex }) => poolIndex === pool).map(({ number }) => number),
    )
    for (const { key, sent, queue } of arrivals(evidence)) {
      if (rows.outcome[key] === SHED && rows.refusal[key] === REFUSED_BY.unavailable) {
        const open = ofPool[queue.poolIndex]!.find((number) => isOpen(number, sent))
        findings.check(open === undefined, [key], () => {
          return `refused as unavailable at ${ms(sent)}, when queue ${open} was open`
        })
      } else {
        const closed = isClosed(queue.number, sent)
        findings.check(
          !closed,
          [key],
          () => `joined queue ${queue.number} at ${ms(sent)}, when it was closed`,
        )
      }
    }
    for (const batch of evidence.batches) {
      const queue = queues[batch.queue]
      if (queue?.absences.isLostAt(batch.executor, batch.done) !== true) continue
      const served = batch.members.filter((key) => rows.outcome[key] !== FAILED)
      // a batch that ended at the very instant of the loss may have been served
      const ended = rows.ended[batch.members[0]!]! < batch.done
      findings.check(served.length === 0 || ended, served, () => {
        return `served by executor ${batch.executor}, which was lost at ${ms(batch.done)}`
      })
    }

    function isOpen(number: number, at: number): boolean {
      const spans = [...queues[number]!.absences.closed, ...ejected[number]!]
      return spans.every(({ from, to }) => at < from || at > to)
    }
  },
}
