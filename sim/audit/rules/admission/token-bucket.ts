import type { Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms } from '../../findings.ts'
import type { PoolPromises } from '../../promises/promises.ts'
import type { Rule } from '../../rule.ts'
import { admissionDecision } from './refused.ts'

/** Rounding of accumulated times, in tokens. */
const SLACK = 1e-6

/**
 * By the definition of a bucket that starts full: in every interval that begins with an admission,
 * at most `burst` requests are admitted, plus one for each token that arrives in it. A request that
 * does not break this is admitted.
 */
export const tokenBucket: Rule = {
  rule: 'token-bucket',
  promise:
    'in no time are more let in than burst and rate allow; none is shed who would be allowed',
  check(seen: Evidence, found: Findings) {
    for (const [index, { admission }] of seen.promises.pools.entries()) {
      const shed = seen.queues.some(
        (queue) =>
          queue.poolIndex === index &&
          queue.shed.some((key) => admissionDecision(seen.rows, key, 'tokens') === 'refused'),
      )
      if (admission.tokenBucket !== null || shed) {
        checkPool(seen, index, admission.tokenBucket, found)
      }
    }
  },
}

interface Bucket {
  /** admitted so far */
  count: number
  /**
   * the least of (admitted before) - (tokens that had arrived by then), over all admitted requests
   */
  least: number
}

function checkPool(
  seen: Evidence,
  pool: number,
  bucket: PoolPromises['admission']['tokenBucket'],
  found: Findings,
): void {
  const { rows, queues, classOf } = seen
  const buckets = new Map<string, Bucket>()
  for (let key = 0; key < rows.at.length; key++) {
    if (queues[rows.queue[key]!]?.poolIndex !== pool || Number.isNaN(rows.sent[key]!)) continue
    const said = admissionDecision(rows, key, 'tokens')
    if (said === null || (said === 'passed' && bucket === null)) continue
    found.checked++
    const came = `came to pool ${pool} at ${ms(rows.sent[key]!)}`
    if (bucket === null) {
      found.violated([key], () => `${came}, was shed for want of a token; there is no bucket`)
      continue
    }
    const name = { pool: '', class: `${rows.class[key]}`, tenant: classOf(key).tenant }[bucket.per]
    const counts = buckets.get(name) ?? { count: 0, least: Number.POSITIVE_INFINITY }
    buckets.set(name, counts)
    const tokens = rows.sent[key]! / bucket.everyMs
    // admissions since the start of the worst interval, less the tokens that arrived in it
    const used = counts.count + 1 - tokens - Math.min(counts.least, counts.count - tokens)
    if (said === 'refused') {
      if (used > bucket.burst - SLACK) continue
      found.violated(
        [key],
        () => `${came}, was shed, though it would have been ${used.toFixed(3)} of ${bucket.burst}`,
      )
      continue
    }
    counts.least = Math.min(counts.least, counts.count - tokens)
    counts.count++
    if (used <= bucket.burst + SLACK) continue
    found.violated(
      [key],
      () =>
        `${came}, was let in as ${used.toFixed(3)} of ${bucket.burst} over what the rate allows`,
    )
  }
}
