import type { Evidence } from '../../evidence/evidence.ts'
import { groupsOf } from '../../evidence/seen-batch.ts'
import type { Rule } from '../../findings.ts'
import { bucketOf } from './bucket-of.ts'
import { checkDecisions, type Decider, type Line } from './decisions.ts'
import { type Of, queuesUnder } from './policy.ts'

/** Of several due buckets, the one with the oldest request is dispatched. */
export const buckets: Rule = {
  rule: 'buckets',
  promise: 'length-bucketed: a batch is of one bucket, which is full or whose window has closed',
  check(seen, found) {
    for (const [queue, batching] of queuesUnder('length-bucketed', seen)) {
      checkDecisions(seen, queue, decider(seen, batching), found)
    }
  },
}

function decider({ rows }: Evidence, batching: Of<'length-bucketed'>): Decider<null> {
  const { max_batch, max_delay_ms } = batching
  const bucket = (key: number) => bucketOf(batching, rows.length[key]!)
  /** the bucket to dispatch at `at`, oldest request first; undefined for none */
  const dueBucket = (line: Line, at: number): Line | undefined => {
    const isDue = (members: Line) =>
      members.length >= max_batch ||
      max_delay_ms === 0 ||
      at >= rows.sent[members[0]!]! + max_delay_ms
    return [...groupsOf(line, bucket).values()].find(isDue)
  }
  return {
    start: null,
    learn: () => null,
    due: (_, line, at) => dueBucket(line, at) !== undefined,
    allows(_, line, members, at) {
      const due = dueBucket(line, at)
      if (due === undefined || members.length !== Math.min(due.length, max_batch)) return false
      return members.every((key) => bucket(key) === bucket(due[0]!))
    },
    expected(_, line, at) {
      const due = dueBucket(line, at)
      if (due === undefined) return 'no bucket was due'
      const size = Math.min(due.length, max_batch)
      return `${size} of bucket ${bucket(due[0]!)}, that of request ${due[0]}, were due`
    },
  }
}
