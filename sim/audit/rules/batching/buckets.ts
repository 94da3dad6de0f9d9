import type { Evidence } from '../../evidence/evidence.ts'
import type { Findings } from '../../findings.ts'
import type { Batching } from '../../promises/promises.ts'
import type { Rule } from '../../rule.ts'
import { bucketOf } from './bucket-of.ts'
import { type Backlog, checkDecisions, type Decider } from './decisions.ts'

/** Of several due buckets, the one with the oldest request is dispatched. */
export const buckets: Rule = {
  rule: 'buckets',
  promise: 'length-bucketed: a batch is of one bucket, which is full or whose window has closed',
  check(seen: Evidence, found: Findings) {
    for (const queue of seen.unhindered) {
      const { batching } = queue.pool
      if (batching.policy !== 'length-bucketed') continue
      checkDecisions(seen, queue, decider(seen, batching), found)
    }
  },
}

function decider(
  { rows }: Evidence,
  batching: Extract<Batching, { policy: 'length-bucketed' }>,
): Decider<null> {
  const { maxBatch, maxDelayMs } = batching
  const bucket = (key: number) => bucketOf(batching, rows.length[key]!)
  /** the bucket to dispatch at `at`, oldest request first; undefined for none */
  const dueBucket = (line: Backlog, at: number): Backlog | undefined => {
    const all = new Map<number, number[]>()
    for (const key of line) {
      const members = all.get(bucket(key))
      if (members === undefined) all.set(bucket(key), [key])
      else members.push(key)
    }
    for (const members of all.values()) {
      const closed = maxDelayMs === 0 || at >= rows.sent[members[0]!]! + maxDelayMs
      if (closed || members.length >= maxBatch) return members
    }
    return undefined
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
