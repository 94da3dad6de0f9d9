import type { Evidence } from '../../evidence/evidence.ts'
import type { Rule } from '../../findings.ts'
import { checkDecisions, type Decider } from './decisions.ts'
import { type Of, queuesUnder } from './policy.ts'

/** Clipper's additive increase and multiplicative decrease of the largest batch. */
export const adaptiveSize: Rule = {
  rule: 'adaptive-size',
  promise: 'aimd: a batch is as large as its limit, which adapts to the duration of batches',
  check(evidence, findings) {
    for (const [queue, batching] of queuesUnder('aimd', evidence)) {
      checkDecisions(evidence, queue, decider(evidence, batching), findings)
    }
  },
}

function decider(
  { rows }: Evidence,
  { maxBatch, targetMs, increase, decrease, maxDelayMs }: Of<'aimd'>,
): Decider<number> {
  const due = (limit: number, line: readonly number[], at: number) =>
    line.length >= Math.floor(limit) || maxDelayMs === 0 || at >= rows.sent[line[0]!]! + maxDelayMs
  return {
    start: 1,
    learn(limit, { members, dispatched, done }) {
      if (done - dispatched > targetMs) return Math.max(1, limit * decrease)
      const filled = members.length >= Math.floor(limit)
      return filled ? Math.min(maxBatch, limit + increase) : limit
    },
    due,
    allows: (limit, line, members, at) =>
      members.length === Math.min(line.length, Math.floor(limit)) && due(limit, line, at),
    expected: (limit, line, at) =>
      due(limit, line, at)
        ? `a batch of ${Math.min(line.length, Math.floor(limit))} was due at a limit of ${limit}`
        : `none was due at a limit of ${limit}`,
  }
}
