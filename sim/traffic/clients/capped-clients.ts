import { KeyedHeap } from '../../kernel/index.ts'
import {
  type ClientTimeout,
  clientTimeoutOf,
  type Ms,
  type Outcome,
  type RequestFields,
} from '../../serving/index.ts'
import type { Clients } from './clients.ts'

/**
 * Clients that have at most so many requests in flight, each in one of as many places. A request
 * that is scheduled while none is free waits at its client, and is sent in order, at the instant at
 * which a place is free: its `at`. `firstScheduledAt` remains when it was scheduled.
 *
 * A place is free when its request has ended, or when its client has timed out.
 */
export class CappedClients implements Clients {
  readonly #scheduled: Clients
  readonly #timeout: ClientTimeout
  /** when each free place became free, rising: a ring that begins at `#first` */
  readonly #freeSince: Float64Array
  #first = 0
  #free: number
  /** by key, the places that are taken; and by place, the key and when its client times out */
  readonly #placeOf = new Map<number, number>()
  readonly #keys: number[] = []
  readonly #leaves: Ms[] = []
  readonly #timeouts = new KeyedHeap((place) => this.#leaves[place]!)
  readonly #freePlaces: number[] = []
  #lastAt: Ms = 0

  constructor(scheduled: Clients, most: number, timeout: ClientTimeout) {
    this.#scheduled = scheduled
    this.#timeout = timeout
    this.#freeSince = new Float64Array(most)
    this.#free = most
  }

  /** Until the last request is sent, which may be long after it was scheduled. */
  get reactsUntil(): Ms {
    const isOver = this.#scheduled.peek() === Number.POSITIVE_INFINITY
    return isOver ? Math.max(this.#lastAt, Number.MIN_VALUE) : Number.POSITIVE_INFINITY
  }

  peek(): Ms {
    const free = this.#free > 0 ? this.#freeSince[this.#first]! : this.#firstTimeout
    return Math.max(this.#scheduled.peek(), free)
  }

  take(requests: RequestFields, slot: number, key: number): boolean {
    const at = this.peek()
    if (this.#free === 0) this.#timeOutUntil(this.#firstTimeout)
    if (this.#free === 0) throw new Error('Expected a place to be free')
    this.#first = (this.#first + 1) % this.#freeSince.length
    this.#free--
    this.#scheduled.take(requests, slot, key)
    requests.at[slot] = at
    this.#lastAt = at
    this.#occupy(key, at + clientTimeoutOf(this.#timeout, at, key))
    return true
  }

  settled(key: number, _outcome: Outcome, now: Ms): void {
    this.#timeOutUntil(now)
    const place = this.#placeOf.get(key)
    // its client has timed out before
    if (place === undefined) return
    if (this.#leaves[place]! < Number.POSITIVE_INFINITY) this.#timeouts.remove(place)
    this.#leave(place, now)
  }

  get #firstTimeout(): Ms {
    const place = this.#timeouts.next()
    return place < 0 ? Number.POSITIVE_INFINITY : this.#leaves[place]!
  }

  #occupy(key: number, leaves: Ms): void {
    const place = this.#freePlaces.pop() ?? this.#keys.length
    this.#keys[place] = key
    this.#leaves[place] = leaves
    this.#placeOf.set(key, place)
    if (leaves < Number.POSITIVE_INFINITY) this.#timeouts.push(place)
  }

  #timeOutUntil(now: Ms): void {
    while (this.#timeouts.size > 0 && this.#firstTimeout <= now) {
      const place = this.#timeouts.take()
      this.#leave(place, this.#leaves[place]!)
    }
  }

  #leave(place: number, at: Ms): void {
    this.#placeOf.delete(this.#keys[place]!)
    this.#freePlaces.push(place)
    this.#freeSince[(this.#first + this.#free++) % this.#freeSince.length] = at
  }
}
