import type { AdmissionPlan } from '../../../serving/index.ts'
import { arrivals, type Evidence } from '../../evidence/evidence.ts'
import { type Findings, ms, type Rule } from '../../findings.ts'
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
  promise: 'a request is shed exactly where rate and burst leave no token for it',
  check(evidence, findings) {
    for (const [index, { admission }] of evidence.promises.pools.entries()) {
      const shed = evidence.queues.some(
        (queue) =>
          queue.poolIndex === index &&
          queue.shed.some((key) => admissionDecision(evidence.rows, key, 'tokens') === 'refused'),
      )
      if (admission.tokenBucket !== null || shed) {
        checkPool(evidence, index, admission.tokenBucket, findings)
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
  evidence: Evidence,
  pool: number,
  bucket: AdmissionPlan['tokenBucket'],
  findings: Findings,
): void {
  const { rows, classOf } = evidence
  const buckets = new Map<string, Bucket>()
  for (const { key, sent, queue } of arrivals(evidence)) {
    if (queue.poolIndex !== pool) continue
    const decision = admissionDecision(rows, key, 'tokens')
    if (decision === null || (decision === 'passed' && bucket === null)) continue
    const where = () => `in pool ${pool} at ${ms(sent)}`
    if (bucket === null) {
      findings.check(false, [key], () => `shed for lack of a token ${where()}; there is no bucket`)
      continue
    }
    const name = { pool: '', class: `${rows.class[key]}`, tenant: classOf(key).tenant }[bucket.per]
    const counts = buckets.get(name) ?? { count: 0, least: Number.POSITIVE_INFINITY }
    buckets.set(name, counts)
    const tokens = sent / bucket.everyMs
    // admissions since the start of the worst interval, less the tokens that arrived in it
    const used = counts.count + 1 - tokens - Math.min(counts.least, counts.count - tokens)
    const shed = decision === 'refused'
    const holds = shed ? used > bucket.burst - SLACK : used <= bucket.burst + SLACK
    findings.check(holds, [key], () => {
      const what = shed ? 'shed, but would have used' : 'admitted, but used'
      return `${what} ${used.toFixed(3)} of a burst of ${bucket.burst} ${where()}`
    })
    // a request that the proxy refuses takes no token
    if (shed || rows.refusal[key] !== 0) continue
    counts.least = Math.min(counts.least, counts.count - tokens)
    counts.count++
  }
}
