import type { ClassPlan } from '../plan.ts'
import { type Ms, REFUSAL } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { TokenBucketPlan } from './admission-plan.ts'
import { admissionControl, type Control } from './control.ts'

/** The share of a token that rounding of times may cost: arrivals at just the rate all find one. */
const ROUNDING = 1e-7

/**
 * Tokens come at a constant rate into a bucket that holds `burst` of them; a request that is let in
 * takes one. Kept as the time at which the bucket will be full: the virtual scheduling algorithm
 * (ITU-T I.371, GCRA). That time is when it was full last and a whole number of tokens since, as
 * adding up times would add up their rounding.
 */
class TokenBuckets implements Control {
  readonly #everyMs: Ms
  readonly #burst: number
  /** by bucket: when it was full last, and how many were let in since */
  readonly #fullLast: Float64Array
  readonly #taken: Float64Array
  readonly #bucketOf: readonly number[]
  readonly #requests: Requests

  /** `bucketOf`: by class. */
  constructor(plan: TokenBucketPlan, bucketOf: readonly number[], requests: Requests) {
    this.#everyMs = plan.everyMs
    this.#burst = plan.burst
    this.#fullLast = new Float64Array(1 + Math.max(...bucketOf)).fill(Number.NEGATIVE_INFINITY)
    this.#taken = new Float64Array(this.#fullLast.length)
    this.#bucketOf = bucketOf
    this.#requests = requests
  }

  refuses(now: Ms, request: number): boolean {
    return now < this.#has(this.#bucket(request), this.#burst - 1 + ROUNDING)
  }

  admitted(now: Ms, request: number): void {
    const bucket = this.#bucket(request)
    if (now >= this.#has(bucket, 0)) {
      this.#fullLast[bucket] = now
      this.#taken[bucket] = 0
    }
    this.#taken[bucket]!++
  }

  /** When a bucket lacks only so many tokens. */
  #has(bucket: number, missing: number): Ms {
    return this.#fullLast[bucket]! + (this.#taken[bucket]! - missing) * this.#everyMs
  }

  #bucket(request: number): number {
    return this.#bucketOf[this.#requests.class[request]!]!
  }
}

export const tokenBucket = admissionControl({
  kind: 'tokens',
  refusal: REFUSAL.tokens,
  of({ admission }, classes, requests) {
    const plan = admission.tokenBucket
    return plan === null ? null : new TokenBuckets(plan, bucketsOf(plan, classes), requests)
  },
})

/** The bucket of each class. */
function bucketsOf({ per }: TokenBucketPlan, classes: readonly ClassPlan[]): number[] {
  if (per === 'pool') return classes.map(() => 0)
  if (per === 'class') return classes.map((_, index) => index)
  const tenants = [...new Set(classes.map(({ tenant }) => tenant))]
  return classes.map(({ tenant }) => tenants.indexOf(tenant))
}
