import type { Admission } from '../admission/admission.ts'
import { Batcher, type Decision, type QueueView } from '../batching/index.ts'
import type { ClassPlan, PoolPlan } from '../plan.ts'
import type { Ms } from '../ports.ts'
import type { BatchGroup } from '../queue/batch-group.ts'
import { LookAheadIndex } from '../queue/look-ahead-index.ts'
import { RequestQueue } from '../queue/request-queue.ts'
import type { Requests } from '../requests.ts'
import type { StationPlace } from '../topology.ts'
import type { OutstandingWork } from './predicted-work.ts'
import type { Candidate } from './routing-policy.ts'

/** The KV caches of the executors of a station. */
interface KvCaches {
  /** share of their blocks that sequences use */
  readonly kvUsage: number
  /** Sets how many blocks of each admission and cached prompts may fill. */
  limitBlocks(budget: number): void
}

/**
 * A queue and the executors that serve it: all replicas of a pool, or one of them where queues are
 * per replica. Of several free executors the one that has been free longest is taken.
 */
export class Station implements Candidate, QueueView {
  readonly queue: RequestQueue
  readonly batcher: Batcher
  readonly pool: PoolPlan
  /** of its pool */
  readonly admission: Admission
  readonly executors: number
  readonly firstExecutor: number
  /** its number, and the id of its timer */
  readonly id: number
  /** its number among the queues of its pool */
  readonly number: number
  work: OutstandingWork | null = null
  /** the KV caches of its executors; null where it generates nothing */
  caches: KvCaches | null = null
  running = 0
  /** executors that run a batch, or any sequence, of those that take batches */
  working = 0
  /** executors that take batches */
  present: number
  /** it serves what waits, and takes no further requests */
  draining = false
  /** executors whose models are neither resident nor being loaded */
  absent = 0
  ending = false

  /** executors that are to stop once they have served what they have */
  readonly stopping = new Set<number>()
  /** 1 for executors that take no batch, by their place in the station; below, that have one */
  readonly #closed: Uint8Array
  readonly #busy: Uint8Array
  readonly #requests: Requests
  /** null where the batching policy does not look ahead */
  readonly #outlook: LookAheadIndex | null
  /** the first group of the queue; the only one but with buckets */
  readonly #group: BatchGroup
  /** free executors, longest free first: a ring that starts at `#longestFree` */
  readonly #ring: Int32Array
  #longestFree = 0
  #free: number
  /** time during which an executor was free, up to `#freeSince` */
  #idle = 0
  #freeSince: Ms = 0

  constructor(
    id: number,
    { plan, admission }: { readonly plan: PoolPlan; readonly admission: Admission },
    classes: readonly ClassPlan[],
    { number, firstExecutor, executors }: Omit<StationPlace, 'pool'>,
    requests: Requests,
  ) {
    this.id = id
    this.pool = plan
    this.admission = admission
    this.batcher = new Batcher(plan.batching)
    this.#outlook = this.batcher.looksAhead ? new LookAheadIndex(plan, classes, requests) : null
    this.queue = new RequestQueue(plan, classes, requests, {
      batcher: this.batcher,
      outlook: this.#outlook,
    })
    this.#group = this.queue.groups[0]!
    this.executors = executors
    this.firstExecutor = firstExecutor
    this.number = number
    this.present = executors
    this.#closed = new Uint8Array(executors)
    this.#busy = new Uint8Array(executors)
    this.#requests = requests
    this.#ring = Int32Array.from({ length: executors }, (_, i) => firstExecutor + i)
    this.#free = executors
  }

  get length(): number {
    return this.queue.length
  }

  get oldestKey(): number {
    return this.#group.oldestKey
  }

  get windowCloses(): Ms {
    return this.#group.windowCloses
  }

  get oldestEnqueued(): Ms {
    return this.#requests.enqueued[this.#group.oldest]!
  }

  get newestEnqueued(): Ms {
    return this.#requests.enqueued[this.#group.newest]!
  }

  get groups(): readonly BatchGroup[] {
    return this.queue.groups
  }

  get firstDeadline(): Ms {
    return this.#outlook!.firstDeadline
  }

  get computed(): number {
    return this.#outlook!.computed
  }

  /** When the batching policy drops the oldest request; Infinity for never. */
  get dropsOldestAt(): Ms {
    const may = this.batcher.dropsOldest && this.queue.length > 0
    return may ? this.batcher.dropsOldestAt(this) : Number.POSITIVE_INFINITY
  }

  get load(): number {
    return (this.queue.length + this.running) / Math.max(1, this.present)
  }

  get loadOfOne(): number {
    return 1 / Math.max(1, this.present)
  }

  get waitingEach(): number {
    return this.queue.length / Math.max(1, this.present)
  }

  get runningEach(): number {
    return this.running / Math.max(1, this.present)
  }

  get kvUsage(): number {
    return this.caches?.kvUsage ?? 0
  }

  /** Whether requests may be routed to it: a queue that replicas share keeps what waits. */
  get accepts(): boolean {
    return !this.pool.perReplicaQueues || (this.present > 0 && !this.draining)
  }

  /** Executors that take batches and go on to: one that serves the rest of its queue is to stop. */
  get staying(): number {
    return this.draining ? 0 : this.present
  }

  get hasFreeExecutor(): boolean {
    return this.#free > 0
  }

  /** Whether there is an executor for a request that arrives: a free one, or one to be loaded. */
  get mayTake(): boolean {
    return this.#free > 0 || this.absent > 0
  }

  /** The executor that is taken next; there must be a free one. */
  get longestFree(): number {
    return this.#ring[this.#longestFree]!
  }

  hasRoomFor(request: number): boolean {
    return this.queue.hasRoomFor(request)
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
    this.#busy[executor - this.firstExecutor] = 1
    this.working++
    return executor
  }

  /** An executor that is closed stays out. */
  freeExecutor(now: Ms, executor: number): void {
    const place = executor - this.firstExecutor
    this.#busy[place] = 0
    if (this.#closed[place] === 1) return
    this.working--
    this.#release(now, executor)
  }

  #release(now: Ms, executor: number): void {
    if (this.#free === 0) this.#freeSince = now
    const last = this.#longestFree + this.#free++
    this.#ring[last < this.executors ? last : last - this.executors] = executor
  }

  isBusy(executor: number): boolean {
    return this.#busy[executor - this.firstExecutor] === 1
  }

  /** Takes an executor that is free; its model is absent from now on. */
  withdraw(now: Ms, executor: number): void {
    this.#takeOut(now, executor)
    this.absent++
  }

  /** An executor takes no further batch. */
  close(now: Ms, executor: number): void {
    const place = executor - this.firstExecutor
    this.stopping.delete(executor)
    if (this.#closed[place] === 1) return
    if (this.#busy[place] === 0) {
      this.#takeOut(now, executor)
      this.#busy[place] = 0
    }
    this.working--
    this.#closed[place] = 1
    this.present--
  }

  /** An executor that was closed takes batches again, once the batch that it lost has ended. */
  open(now: Ms, executor: number): void {
    const place = executor - this.firstExecutor
    if (this.#closed[place] === 0) return
    this.#closed[place] = 0
    this.present++
    if (this.#busy[place] === 0) this.#release(now, executor)
    else this.working++
  }

  /** The same of one that has no model: it is absent until it is loaded. */
  openAbsent(executor: number): void {
    const place = executor - this.firstExecutor
    if (this.#closed[place] === 0) return
    this.#closed[place] = 0
    this.present++
    this.absent++
    this.working++
    this.#busy[place] = 1
  }

  isClosed(executor: number): boolean {
    return this.#closed[executor - this.firstExecutor] === 1
  }

  #takeOut(now: Ms, executor: number): void {
    const others: number[] = []
    for (let left = this.#free; left > 0; left--) {
      const free = this.takeExecutor(now)
      if (free !== executor) others.push(free)
    }
    for (const free of others) this.freeExecutor(now, free)
  }

  decide(now: Ms, out: Decision): void {
    this.batcher.decide(this, now, out)
  }
}
