import type { Evidence } from '../../evidence/evidence.ts'
import { groupsOf } from '../../evidence/seen-batch.ts'
import type { Rule } from '../../findings.ts'
import { bucketOf } from './bucket-of.ts'
import { type Backlog, checkDecisions, type Decider } from './decisions.ts'
import { type Of, queuesUnder } from './policy.ts'

/** Of several due buckets, the one with the oldest request is dispatched. */
export const buckets: Rule = {
  rule: 'buckets',
  promise: 'length-bucketed: a batch is of one bucket, which is full or whose window has closed',
  check(evidence, findings) {
    for (const [queue, batching] of queuesUnder('length-bucketed', evidence)) {
      checkDecisions(evidence, queue, decider(evidence, batching), findings)
    }
  },
}

function decider({ rows }: Evidence, batching: Of<'length-bucketed'>): Decider<null> {
  const { maxBatch, maxDelayMs } = batching
  const bucket = (key: number) => bucketOf(batching, rows.inputTokens[key]!)
  /** the bucket to dispatch at `at`, oldest request first; undefined for none */
  const dueBucket = (line: Backlog, at: number): Backlog | undefined => {
    const isDue = (members: Backlog) =>
      members.length >= maxBatch || maxDelayMs === 0 || at >= rows.sent[members[0]!]! + maxDelayMs
    return [...groupsOf(line, bucket).values()].find(isDue)
  }
  return {
    start: null,
    learn: () => null,
    due: (_, line, at) => dueBucket(line, at) !== undefined,
    allows(_, line, members, at) {
      const due = dueBucket(line, at)
      if (due === undefined || members.length !== Math.min(due.length, maxBatch)) return false
      return members.every((key) => bucket(key) === bucket(due[0]!))
    },
    expected(_, line, at) {
      const due = dueBucket(line, at)
      if (due === undefined) return 'no bucket was due'
      const size = Math.min(due.length, maxBatch)
      return `${size} of bucket ${bucket(due[0]!)}, that of request ${due[0]}, were due`
    },
  }
}
