import { Overload } from '../admission/adaptive-lifo.ts'
import type { Batcher } from '../batching/index.ts'
import type { ClassPlan, PoolPlan } from '../plan.ts'
import type { Ms } from '../ports.ts'
import type { Requests } from '../requests.ts'
import { BatchGroup } from './batch-group.ts'
import type { LookAheadIndex } from './look-ahead-index.ts'
import { ANY_ORDER, TimeOuts } from './time-outs.ts'
import { type WaitingPolicy, waitingPolicy } from './waiting-policy.ts'

const endless = Number.POSITIVE_INFINITY

/**
 * A queue of requests, in groups that may share a batch. Requests that time out may wait behind the
 * others of their priority level, as with Triton's timeout action DELAY.
 */
export class RequestQueue {
  readonly groups: readonly BatchGroup[]
  length = 0
  readonly #maxLength: number
  readonly #requests: Requests
  readonly #classes: readonly ClassPlan[]
  readonly #policies: readonly WaitingPolicy[]
  /** priority level of each class; 0 where levels mean nothing */
  readonly #levelOf: readonly number[]
  readonly #batcher: Batcher
  /** null where no policy looks ahead */
  readonly #outlook: LookAheadIndex | null
  /** null where no request has a timeout */
  readonly #timeOuts: TimeOuts | null
  /** null where overload makes no difference */
  readonly #overload: Overload | null
  /** waiting requests of each priority level */
  readonly #perLevel: Int32Array

  constructor(
    pool: PoolPlan,
    classes: readonly ClassPlan[],
    requests: Requests,
    batching: { readonly batcher: Batcher; readonly outlook: LookAheadIndex | null },
  ) {
    const { order } = pool
    const byLevel = order.discipline === 'priority'
    const policies = classes.map((classPlan) => waitingPolicy(pool, classPlan))
    const { adaptiveLifo } = pool.admission
    this.#overload = adaptiveLifo === null ? null : new Overload(adaptiveLifo)
    const timeOutGroups = [false, true].flatMap((inOverload) =>
      classes.map(({ cancels, clientTimeoutMs, drawnClientTimeout, hedge }, index) => {
        // copies and retries come after later requests, and networks deliver in another order
        const comesAgain = hedge !== undefined || pool.retries !== undefined
        const anyOrder = drawnClientTimeout !== null || comesAgain || requests.overNetwork
        if (cancels && anyOrder) return ANY_ORDER
        if (cancels && clientTimeoutMs < endless) return `class ${index}, ${inOverload}`
        const timeoutMs = this.#timeoutMs(policies[index]!, inOverload)
        return timeoutMs < endless ? `time-out ${timeoutMs}` : null
      }),
    )
    this.#maxLength = pool.maxLength
    this.#requests = requests
    this.#policies = policies
    this.#levelOf = classes.map(({ priority }) => (byLevel ? priority : 0))
    this.#perLevel = new Int32Array(1 + Math.max(...this.#levelOf))
    const groupOrder = {
      order,
      delaying: policies.some(({ action }) => action === 'delay'),
      // with ageing, levels bound a queue but do not part it
      strict: order.discipline === 'priority' && (order.ageingMs ?? endless) === endless,
      levelOf: (request: number) => this.#level(request),
    }
    this.#batcher = batching.batcher
    this.#outlook = batching.outlook
    this.groups = Array.from(
      { length: batching.batcher.edges.length + 1 },
      () => new BatchGroup(groupOrder, classes, requests),
    )
    const limited = timeOutGroups.some((group) => group !== null)
    this.#timeOuts = limited ? new TimeOuts(timeOutGroups, requests) : null
    this.#classes = classes
  }

  /** When the next request times out; Infinity for never. */
  get nextTimeOut(): Ms {
    const next = this.#timeOuts === null ? -1 : this.#timeOuts.next()
    return next < 0 ? endless : this.#requests.deadline[next]!
  }

  hasRoomFor(request: number): boolean {
    if (this.length >= this.#maxLength) return false
    const { maxLevelLength } = this.#policies[this.#requests.class[request]!]!
    return this.#perLevel[this.#level(request)]! < maxLevelLength
  }

  push(now: Ms, request: number): void {
    const number = this.#requests.class[request]!
    if (this.length === 0) this.#overload?.filled(now)
    const inOverload = this.#overload?.isOn(now) === true
    const policy = this.#policies[number]!
    const timeoutMs =
      this.#overload === null ? policy.timeoutMs : this.#timeoutMs(policy, inOverload)
    const leaves = this.#classes[number]!.cancels ? this.#requests.leaves[request]! : endless
    this.#requests.arrivedInOverload[request] = inOverload ? 1 : 0
    this.#requests.deadline[request] = Math.min(now + timeoutMs, leaves)
    this.#join(request)
    this.#timeOuts?.push(request)
  }

  /** A request that has begun elsewhere is never dropped. */
  pushBegun(request: number): void {
    this.#requests.arrivedInOverload[request] = 0
    this.#requests.deadline[request] = endless
    this.#join(request)
  }

  #join(request: number): void {
    this.#perLevel[this.#level(request)]!++
    this.length++
    this.#groupOf(request).push(request)
    this.#outlook?.push(request)
  }

  /** The request of the first group that goes next, where there is no overload; -1 for none. */
  get next(): number {
    return this.groups[0]!.next
  }

  /** The request of a group that `shift` would take; the group must not be empty. */
  peek(now: Ms, group: number): number {
    const from = this.groups[group]!
    return this.#overload?.isOn(now) === true ? from.newest : from.next
  }

  /** Takes the request of a group that goes next; the group must not be empty. */
  shift(now: Ms, group: number): number {
    const from = this.groups[group]!
    const request = this.#overload?.isOn(now) === true ? from.shiftNewest() : from.shift()
    this.#leave(request)
    return request
  }

  /** Takes out the oldest request of the only group. */
  shiftOldest(): number {
    const request = this.groups[0]!.oldest
    this.groups[0]!.remove(request)
    this.#leave(request)
    return request
  }

  /** Takes out a request that waits here, wherever it stands. */
  remove(request: number): void {
    this.#groupOf(request).withdraw(request)
    this.#leave(request)
  }

  /** Takes out any request; -1 where the queue is empty. */
  takeAny(): number {
    const from = this.groups.find(({ oldest }) => oldest >= 0)
    if (from === undefined) return -1
    const request = from.oldest
    from.remove(request)
    this.#leave(request)
    return request
  }

  /**
   * Delays requests that time out by `now`, or takes the first of them out and returns it; -1 where
   * none is taken out.
   */
  takeTimedOut(now: Ms): number {
    if (this.#timeOuts === null) return -1
    for (;;) {
      const request = this.#timeOuts.next()
      if (request < 0 || now < this.#requests.deadline[request]!) return -1
      if (this.#policies[this.#requests.class[request]!]!.action === 'reject') {
        this.#groupOf(request).remove(request)
        this.#leave(request)
        return request
      }
      this.#timeOuts.remove(request)
      this.#requests.deadline[request] = endless
      this.#groupOf(request).makeLate(request)
    }
  }

  /** Whether it left with its client, rather than on the queue's own time-out. */
  isCancelled(now: Ms, request: number): boolean {
    const { cancels } = this.#classes[this.#requests.class[request]!]!
    return cancels && now >= this.#requests.leaves[request]!
  }

  #timeoutMs({ timeoutMs }: WaitingPolicy, inOverload: boolean): Ms {
    if (this.#overload === null) return timeoutMs
    return Math.min(timeoutMs, this.#overload.maxWaitMs(inOverload))
  }

  /** From every list but those of its group. */
  #leave(request: number): void {
    this.length--
    this.#perLevel[this.#level(request)]!--
    this.#outlook?.remove(request)
    if (this.#requests.deadline[request]! < endless) this.#timeOuts?.remove(request)
  }

  #groupOf(request: number): BatchGroup {
    if (this.groups.length === 1) return this.groups[0]!
    return this.groups[this.#batcher.batchGroupOf(this.#requests.inputTokens[request]!)]!
  }

  #level(request: number): number {
    return this.#levelOf[this.#requests.class[request]!]!
  }
}
