import type { ClassPlan, PoolPlan } from '../plan.ts'
import { type Batch, type Ms, REFUSAL, type Refusal } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { circuitBreaker } from './circuit-breaker.ts'
import { concurrencyLimit } from './concurrency-limit.ts'
import type { AdmissionControl, AdmissionView, Control } from './control.ts'
import { deadlineShedding } from './deadline-shedding.ts'
import { priorityShedding } from './priority-shedding.ts'
import { queueLimit } from './queue-limit.ts'
import { tokenBucket } from './token-bucket.ts'

/**
 * Every admission control, in the order in which they are asked: the first that refuses names the
 * reason. Tokens come after the controls of the server, so that only admitted requests take one;
 * the circuit breaker of the proxy is last. A new one is a new entry here, a REFUSAL, and its
 * configuration in the schema.
 */
export const admissionControls: readonly AdmissionControl[] = Object.freeze([
  priorityShedding,
  deadlineShedding,
  concurrencyLimit,
  queueLimit,
  tokenBucket,
  circuitBreaker,
])

/** Which requests a pool admits, by all its controls together. */
export class Admission {
  /** requests waiting and running in all queues of the pool */
  #inPool = 0
  readonly #controls: readonly { readonly refusal: Refusal; readonly control: Control }[]

  constructor(pool: PoolPlan, classes: readonly ClassPlan[], requests: Requests) {
    this.#controls = admissionControls.flatMap(({ refusal, of }) => {
      const control = of(pool, classes, requests)
      return control === null ? [] : [{ refusal, control }]
    })
  }

  /** Requests waiting and running in all queues of the pool. */
  get inPool(): number {
    return this.#inPool
  }

  /** Why a request would be refused, or REFUSAL.none. */
  refusal(now: Ms, request: number, place: AdmissionView): Refusal {
    const controls = this.#controls
    for (let i = 0; i < controls.length; i++) {
      const { refusal, control } = controls[i]!
      if (control.refuses(now, request, place, this.#inPool)) return refusal
    }
    return REFUSAL.none
  }

  admit(now: Ms, request: number): void {
    this.entered()
    for (const { control } of this.#controls) control.admitted?.(now, request)
  }

  /** A request is in the pool: the pool let it in, or it was handed over to the pool. */
  entered(): void {
    this.#inPool++
  }

  /** A request has left the pool without service, or was handed over to another pool. */
  left(): void {
    this.#inPool--
  }

  /** Changes the limit of requests in the pool. */
  limitConcurrency(limit: number): void {
    for (const { control } of this.#controls) control.limitConcurrency?.(limit)
  }

  ended(now: Ms, batch: Batch): void {
    this.#inPool -= batch.size
    for (const { control } of this.#controls) control.ended?.(now, batch)
  }
}
