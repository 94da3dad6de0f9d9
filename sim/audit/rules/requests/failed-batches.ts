import { topologyOf } from '../../../serving/index.ts'
import { FAILED } from '../../evidence/raw-rows.ts'
import type { SeenBatch } from '../../evidence/seen-batch.ts'
import { ms, type Rule } from '../../findings.ts'

/** A replay may see a change of an executor so much later than the scenario has it. */
const EDGE_MS = 1

export const failedBatches: Rule = {
  rule: 'failed-batches',
  promise:
    'batches fail with their replica, or by errors at the times of these: all at a share of 1',
  check(evidence, findings) {
    const { promises, queues, rows } = evidence
    const { executorsOf } = topologyOf(promises)
    for (const batch of evidence.batches) {
      const queue = queues[batch.queue]
      if (queue === undefined) continue
      const failures = promises.failures?.[queue.poolIndex]
      // what finds no memory fails, too
      if (failures === undefined || queue.pool.memory !== undefined) continue
      const replica = batch.executor - executorsOf[queue.poolIndex]![0]!
      const errors = failures.errors[replica] ?? []
      const failed = batch.members.filter((key) => rows.outcome[key] === FAILED)
      const { dispatched, done } = batch
      if (failed.length === 0) {
        const certain = errors.some(
          ({ share, spans }) =>
            share === 1 &&
            spans?.some(({ from, to }) => dispatched > from + EDGE_MS && dispatched < to - EDGE_MS),
        )
        if (errors.length === 0) continue
        findings.check(!certain, batch.members, () => {
          return `served by replica ${replica} at ${ms(dispatched)}, when all of its batches fail`
        })
        continue
      }
      const isLost = queue.absences.isLostAt(batch.executor, done)
      const mayFail =
        isLost ||
        failures.mayBeLost[replica] === true ||
        errors.some((error) => allows(error, batch))
      findings.check(mayFail, failed, () => {
        const when = `failed on replica ${replica} at ${ms(dispatched)}`
        return `${when}, which was not lost and has no errors at that time`
      })
    }
  },
}

function allows(
  { share, spans }: { readonly share: number; readonly spans: readonly Span[] | null },
  { dispatched }: SeenBatch,
): boolean {
  if (share === 0) return false
  if (spans === null) return true
  return spans.some(({ from, to }) => dispatched >= from && dispatched <= to + EDGE_MS)
}

interface Span {
  readonly from: number
  readonly to: number
}
