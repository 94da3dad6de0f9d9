import type { Attempts } from '../attempts/attempts.ts'
import type { ClassPlan } from '../plan.ts'
import { type Ms, OUTCOME } from '../ports.ts'
import type { Requests } from '../requests.ts'
import type { Station } from '../routing/station.ts'
import type { PoolState } from '../routing/stations.ts'
import { type Carrier, PURPOSE, type Receiver, transferKey } from './carrier.ts'
import type { NetworkPlan, SizePlan } from './network-plan.ts'

/** What the network needs of its control plane. */
interface NetworkHost {
  readonly requests: Requests
  readonly classes: readonly ClassPlan[]
  /** by number */
  readonly pools: readonly PoolState[]
  readonly carrier: Carrier
  /** null where each request has one attempt */
  readonly attempts: Attempts | null
  /** The pool of a request. */
  choose(now: Ms, request: number): PoolState
  /** A request is at its pool, where it gets this station; null where no replica takes it. */
  deliver(now: Ms, request: number, pool: PoolState, station: Station | null): void
  /** The client of a request has the answer, or the refusal. */
  answered(now: Ms, request: number): void
  /** The traffic had ended, and now all requests are delivered. */
  ended(now: Ms): void
}

/** The parts of a request that were delivered: each goes to another station. */
interface Siblings {
  readonly stations: Station[]
  left: number
}

/**
 * Carries requests to the places of their pools, and answers back. The pool is chosen where the
 * client is, and the replica where the pool is, once the request is delivered.
 */
export class Network {
  /** requests on their way */
  #sending = 0
  /** whether the traffic ended while requests were on their way */
  #ending = false
  readonly #plan: NetworkPlan
  readonly #host: NetworkHost
  /** by number of the send */
  readonly #parts = new Map<number, Siblings>()
  readonly #out: Receiver = { delivered: (now, request) => this.#arrived(now, request) }
  readonly #back: Receiver = { delivered: (now, request) => this.#host.answered(now, request) }

  constructor(plan: NetworkPlan, host: NetworkHost) {
    this.#plan = plan
    this.#host = host
  }

  /** Whether the end of the traffic has to wait until all requests are delivered. */
  holdsEnd(): boolean {
    this.#ending = this.#sending > 0
    return this.#ending
  }

  /** Routes a request to a pool, and sends it there. */
  send(now: Ms, request: number): void {
    const { requests, carrier, attempts } = this.#host
    this.#ending = false
    const number = requests.class[request]!
    const pool = this.#host.choose(now, request)
    attempts?.sent(now, request, pool)
    requests.routed[request] = now
    requests.pool[request] = pool.number
    const { out: channel } = this.#plan.ways[number]![pool.number]!
    if (channel === null) {
      this.#deliver(now, request, pool)
      return
    }
    this.#sending++
    pool.onTheWay++
    const size = sizeOf(this.#plan.requests[number]!, requests.inputTokens[request]!)
    const key = transferKey(requests, request)
    carrier.send({ request, channel, size, key, purpose: PURPOSE.request }, this.#out)
  }

  #arrived(now: Ms, request: number): void {
    const { requests, pools, ended } = this.#host
    const pool = pools[requests.pool[request]!]!
    this.#sending--
    pool.onTheWay--
    this.#deliver(now, request, pool)
    if (this.#sending === 0 && this.#ending) ended(now)
  }

  #deliver(now: Ms, request: number, pool: PoolState): void {
    const taken = this.#takenStations(request)
    const station =
      taken.length === 0
        ? pool.router.route(now, request)
        : pool.router.routeCopy(now, request, taken)
    this.#noteParts(request, station)
    this.#host.deliver(now, request, pool, station)
  }

  /** Stations that have another copy of a request, or another part of it. */
  #takenStations(request: number): readonly Station[] {
    const { requests, attempts } = this.#host
    const copies = attempts?.avoided(request) ?? []
    if (requests.copy[request]! > 0) return copies
    const parts = this.#parts.get(requests.sendId[request]!)?.stations ?? []
    return [...parts, ...copies]
  }

  #noteParts(request: number, station: Station | null): void {
    const { requests, classes } = this.#host
    const { fanOut } = classes[requests.class[request]!]!
    if (fanOut === 1 || requests.copy[request]! > 0) return
    const sent = requests.sendId[request]!
    const siblings = this.#parts.get(sent) ?? { stations: [], left: fanOut }
    this.#parts.set(sent, siblings)
    if (station !== null) siblings.stations.push(station)
    if (--siblings.left === 0) this.#parts.delete(sent)
  }

  /** Sends the answer to a request of a batch that has ended. */
  answer(now: Ms, request: number): void {
    const { requests } = this.#host
    const plan = this.#plan.answers[requests.class[request]!]!
    this.#sendBack(now, request, sizeOf(plan, requests.outputTokens[request]!))
  }

  /** Sends the refusal of a request; a client that has left waits for none. */
  refuse(now: Ms, request: number): void {
    const { outcome } = this.#host.requests
    const hasLeft = outcome[request] === OUTCOME.cancelled || outcome[request] === OUTCOME.withdrawn
    if (hasLeft) this.#host.answered(now, request)
    else this.#sendBack(now, request, 0)
  }

  #sendBack(now: Ms, request: number, size: number): void {
    const { requests, carrier, answered } = this.#host
    const { back: channel } = this.#plan.ways[requests.class[request]!]![requests.pool[request]!]!
    if (channel === null) {
      answered(now, request)
      return
    }
    const key = transferKey(requests, request)
    carrier.send({ request, channel, size, key, purpose: PURPOSE.answer }, this.#back)
  }
}

/** Null where requests reach their queues at once. */
export function networkOf(plan: NetworkPlan | null | undefined, host: NetworkHost): Network | null {
  return plan == null ? null : new Network(plan, host)
}

const sizeOf = ({ bytes, perToken }: SizePlan, tokens: number) => bytes + perToken * tokens
