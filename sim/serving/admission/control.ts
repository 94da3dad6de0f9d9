import type { ClassPlan, PoolPlan } from '../plan.ts'
import type { Batch, Ms, Refusal } from '../ports.ts'
import type { Requests } from '../requests.ts'

/** What admission sees of the queue that a request would join. */
export interface AdmissionView {
  /** requests waiting and running, for each of its executors */
  readonly load: number
  readonly hasFreeExecutor: boolean
  /** requests that wait in it */
  readonly length: number
  hasRoomFor(request: number): boolean
}

/** One reason for which a pool refuses requests. */
export interface Control {
  /**
   * Whether it refuses a request, without any consequence yet. `inPool`: requests waiting and
   * running in all queues of the pool.
   */
  refuses(now: Ms, request: number, place: AdmissionView, inPool: number): boolean
  /** A request has passed every control of its pool. */
  admitted?(now: Ms, request: number): void
  /** Changes the limit of requests in the pool. */
  limitConcurrency?(limit: number): void
  /** A batch has ended. */
  ended?(now: Ms, batch: Batch): void
}

/** A kind of admission control: builds that of one pool. */
export interface AdmissionControl {
  readonly kind: string
  /** of the requests that it refuses */
  readonly refusal: Refusal
  /** Null where the pool has none. */
  of(pool: PoolPlan, classes: readonly ClassPlan[], requests: Requests): Control | null
}

export const admissionControl = (control: AdmissionControl): AdmissionControl =>
  Object.freeze(control)
