import type { ClassPlan, PoolPlan } from '../plan.ts'
import { type Ms, REFUSAL } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { TokenBucketPlan } from './admission-plan.ts'
import type { AdmissionControl, Control } from './control.ts'

/**
 * Tokens come at a constant rate into a bucket that holds `burst` of them; who is let in takes one.
 * Kept as the time at which the bucket will be full: the virtual scheduling algorithm (ITU-T I.371,
 * GCRA), which adds up times in place of fractions of tokens.
 */
class TokenBuckets implements Control {
  readonly #everyMs: Ms
  /** a bucket that is full later than this from now is empty */
  readonly #emptyMs: Ms
  /** by bucket */
  readonly #fullAt: Float64Array
  readonly #bucketOf: readonly number[]
  readonly #requests: Requests

  /** `bucketOf`: by class. */
  constructor(plan: TokenBucketPlan, bucketOf: readonly number[], requests: Requests) {
    this.#everyMs = plan.everyMs
    this.#emptyMs = (plan.burst - 1) * plan.everyMs
    this.#fullAt = new Float64Array(1 + Math.max(...bucketOf)).fill(Number.NEGATIVE_INFINITY)
    this.#bucketOf = bucketOf
    this.#requests = requests
  }

  refuses(now: Ms, request: number): boolean {
    return now < this.#fullAt[this.#bucket(request)]! - this.#emptyMs
  }

  admitted(now: Ms, request: number): void {
    const bucket = this.#bucket(request)
    this.#fullAt[bucket] = Math.max(now, this.#fullAt[bucket]!) + this.#everyMs
  }

  #bucket(request: number): number {
    return this.#bucketOf[this.#requests.class[request]!]!
  }
}

export const tokenBucket: AdmissionControl = Object.freeze({
  kind: 'tokens',
  refusal: REFUSAL.tokens,
  of({ admission }: PoolPlan, classes: readonly ClassPlan[], requests: Requests) {
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
