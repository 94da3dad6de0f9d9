import { type Batcher, batcher, type Decision, type QueueView } from './batching.ts'
import type { ClassPlan, PoolPlan } from './plan.ts'
import type { Ms } from './ports.ts'
import { RequestQueue } from './request-queue.ts'
import type { Requests } from './requests.ts'
import type { Candidate } from './routing.ts'

/**
 * A queue and the executors that serve it: all replicas of a pool, or one of them where queues are
 * per replica. Of several free executors the one that has been free longest is taken.
 */
export class Station implements Candidate, QueueView {
  readonly queue: RequestQueue
  readonly batcher: Batcher
  readonly pool: PoolPlan
  readonly executors: number
  /** its number, and the id of its timer */
  readonly id: number
  running = 0
  ending = false

  readonly #requests: Requests
  /** free executors, longest free first: a ring that starts at `#longestFree` */
  readonly #ring: Int32Array
  #longestFree = 0
  #free: number
  /** time during which an executor was free, up to `#freeSince` */
  #idle = 0
  #freeSince: Ms = 0

  constructor(
    id: number,
    pool: PoolPlan,
    classes: readonly ClassPlan[],
    executors: { readonly first: number; readonly count: number },
    requests: Requests,
  ) {
    this.id = id
    this.pool = pool
    this.batcher = batcher(pool.batching)
    this.queue = new RequestQueue(pool, classes, requests)
    this.executors = executors.count
    this.#requests = requests
    this.#ring = Int32Array.from({ length: executors.count }, (_, i) => executors.first + i)
    this.#free = executors.count
  }

  get length(): number {
    return this.queue.length
  }

  get windowCloses(): Ms {
    return this.#requests.window[this.queue.oldest]!
  }

  get load(): number {
    return (this.queue.length + this.running) / this.executors
  }

  get hasFreeExecutor(): boolean {
    return this.#free > 0
  }

  /** Time up to `now` in which an executor was free: its growth over a wait is the batch wait. */
  idleUntil(now: Ms): Ms {
    return this.#free > 0 ? this.#idle + (now - this.#freeSince) : this.#idle
  }

  takeExecutor(now: Ms): number {
    if (this.#free === 0) throw new Error('Expected an executor to be free')
    const executor = this.#ring[this.#longestFree]!
    this.#longestFree = this.#longestFree + 1 < this.executors ? this.#longestFree + 1 : 0
    if (--this.#free === 0) this.#idle += now - this.#freeSince
    return executor
  }

  freeExecutor(now: Ms, executor: number): void {
    if (this.#free === 0) this.#freeSince = now
    const last = this.#longestFree + this.#free++
    this.#ring[last < this.executors ? last : last - this.executors] = executor
  }

  decide(now: Ms, out: Decision): void {
    out.take = 0
    out.wakeAt = Number.POSITIVE_INFINITY
    this.batcher.decide(this, now, out)
  }
}
