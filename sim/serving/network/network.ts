import { EventHeap } from '../../kernel/index.ts'
import { type Batch, type Ms, OUTCOME } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { PoolState } from '../routing/stations.ts'
import type { ArmedTimers } from '../servers/armed-timers.ts'
import { Channel } from './channel.ts'
import type { NetworkPlan } from './network-plan.ts'

/** Far apart: each sending of a message takes a further purpose. */
const REQUEST = 0x2545f491
const ANSWER = 0x4f6cdd1d

const double = new Float64Array(1)
const words = new Int32Array(double.buffer)

/** What the network needs of its control plane. */
interface Ends {
  readonly requests: Requests
  readonly timers: ArmedTimers
  /** by number */
  readonly pools: readonly PoolState[]
  /** A request has arrived at the place of its pool. */
  deliver(now: Ms, request: number, pool: PoolState): void
  /** No request is on its way any more. */
  emptied(now: Ms): void
}

/**
 * Carries requests to the places of their pools, and answers back. A transfer is a timer of the
 * control plane, so it takes real time in a live run. Draws depend on the scheduled arrival and the
 * number of the sending only, so they are equal in simulated and live runs.
 */
export class Network {
  /** requests on their way */
  sending = 0
  readonly #plan: NetworkPlan
  readonly #channels: readonly Channel[]
  readonly #ends: Ends
  readonly #timer: number
  /** requests by when they are delivered */
  readonly #due = new EventHeap()

  constructor(plan: NetworkPlan, ends: Ends) {
    this.#plan = plan
    this.#channels = plan.channels.map((channel) => new Channel(channel))
    this.#ends = ends
    this.#timer = ends.timers.add()
  }

  /** A request has been routed to a pool. */
  send(now: Ms, request: number, pool: PoolState): void {
    const { requests } = this.#ends
    const number = requests.class[request]!
    const way = this.#plan.ways[number]![pool.number]!
    requests.routed[request] = now
    requests.pool[request] = pool.number
    const kib = this.#plan.requestKib[number]!
    const at =
      way === null ? now : this.#channels[way.out]!.send(now, kib, this.#keyOf(request), REQUEST)
    if (at <= now) {
      this.#ends.deliver(now, request, pool)
      return
    }
    this.sending++
    pool.onTheWay++
    this.#due.push(at, 0, request)
    this.#ends.timers.wake(this.#timer, this.#due.peek())
  }

  timer(now: Ms): void {
    const { requests, pools, timers, deliver, emptied } = this.#ends
    while (this.#due.peek() <= now) {
      this.#due.pop()
      const request = this.#due.slot
      const pool = pools[requests.pool[request]!]!
      this.sending--
      pool.onTheWay--
      deliver(now, request, pool)
    }
    timers.wake(this.#timer, this.#due.peek())
    if (this.sending === 0) emptied(now)
  }

  /** Sends the answers of a batch that has ended. */
  answer(now: Ms, { members, size }: Batch): void {
    for (let i = 0; i < size; i++) this.#answer(now, members[i]!, true)
  }

  /** Sends the refusal of a request; one that was cancelled has no client any more. */
  refuse(now: Ms, request: number): void {
    const { outcome, answered } = this.#ends.requests
    if (outcome[request] === OUTCOME.cancelled) answered[request] = now
    else this.#answer(now, request, false)
  }

  #answer(now: Ms, request: number, hasContent: boolean): void {
    const { requests } = this.#ends
    const number = requests.class[request]!
    const way = this.#plan.ways[number]![requests.pool[request]!]!
    const kib = hasContent ? this.#plan.answerKib[number]! : 0
    requests.answered[request] =
      way === null ? now : this.#channels[way.back]!.send(now, kib, this.#keyOf(request), ANSWER)
  }

  #keyOf(request: number): number {
    const { at, sendId } = this.#ends.requests
    double[0] = at[request]!
    return words[0]! ^ Math.imul(words[1]!, 0x9e3779b1) ^ Math.imul(sendId[request]!, 0x27d4eb2f)
  }
}
