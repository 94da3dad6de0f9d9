import type { Scenario } from '../../scenarios/schema/schema.ts'
import type { Ms, Outcome, RequestFields, Source } from '../serving/index.ts'
import { traceRows } from './arrivals/trace-arrivals.ts'
import { classClients } from './clients/class-clients.ts'
import type { Clients } from './clients/clients.ts'
import type { ClientRow } from './clients/recorded-clients.ts'
import { classLengths } from './lengths/class-lengths.ts'
import { RequestHash } from './requests/request-hash.ts'
import { type TraceData, TraceFeed, type TraceReader } from './trace/trace-feed.ts'

export interface TrafficOptions {
  readonly seed: number
  readonly replication: number
  /** requests/s at a load of 1; needed where the scenario has loads */
  readonly capacityRps: number | null
  /** by class index */
  readonly traces: ReadonlyMap<number, TraceData>
  /** rates of recorded clients, by class index; needed where the scenario has them */
  readonly clients?: ReadonlyMap<number, readonly (readonly ClientRow[])[]>
}

/** Requests of all classes in order of time; at equal times by class. */
export class MergedSource implements Source {
  readonly #classes: readonly Clients[]
  readonly #feeds: ReadonlyMap<number, TraceFeed>
  readonly #next: Float64Array
  readonly #hash = new RequestHash()
  #reactsUntil: Ms
  #first = 0
  #count = 0

  /** `feeds`: traces of classes, by class index. */
  constructor(classes: readonly Clients[], feeds: ReadonlyMap<number, TraceFeed> = new Map()) {
    this.#classes = classes
    this.#reactsUntil = this.#latestReaction()
    this.#feeds = feeds
    this.#next = Float64Array.from(classes, (clients) => clients.peek())
    this.#find()
  }

  get reactsUntil(): Ms {
    return this.#reactsUntil
  }

  peek(): Ms {
    return this.#next[this.#first]!
  }

  /** Refills the traces whose rows are used up. */
  async refill(read: TraceReader): Promise<void> {
    for (const [number, feed] of this.#feeds) {
      if (!feed.needsRows) continue
      feed.put(await read(number))
      this.#next[number] = this.#classes[number]!.peek()
    }
    this.#find()
  }

  take(requests: RequestFields, slot: number): boolean {
    const number = this.#first
    const clients = this.#classes[number]!
    const key = this.#count
    const sent = clients.take(requests, slot, key)
    if (sent) {
      requests.class[slot] = number
      requests.key[slot] = key
      requests.sendId[slot] = key
      requests.part[slot] = 0
      this.#count++
      this.#hash.add(requests, slot)
      const prefix = requests.prefixes.size > 0 ? requests.prefixes.get(slot) : undefined
      if (prefix) this.#hash.addPrefix(prefix)
    }
    this.#next[number] = clients.peek()
    // infinite while a class that holds requests back has not scheduled all of them
    if (this.#reactsUntil === Number.POSITIVE_INFINITY) this.#reactsUntil = this.#latestReaction()
    if (this.#next.length > 1) this.#find()
    return sent
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms, pushbackMs?: Ms): void {
    const clients = this.#classes[number]!
    clients.settled(key, outcome, now, pushbackMs)
    this.#next[number] = clients.peek()
    if (this.#next.length > 1) this.#find()
  }

  #latestReaction(): Ms {
    return Math.max(...this.#classes.map(({ reactsUntil }) => reactsUntil))
  }

  /** Hash of the requests taken so far. */
  hash(): string {
    return this.#hash.digest()
  }

  #find(): void {
    let first = 0
    for (let i = 1; i < this.#next.length; i++) {
      if (this.#next[i]! < this.#next[first]!) first = i
    }
    // a class whose next time is unknown may be first
    const unknown = this.#feeds.size > 0 ? this.#next.findIndex(Number.isNaN) : -1
    this.#first = unknown < 0 ? first : unknown
  }
}

/** The requests of a scenario in one replication; each class has its own random streams. */
export function trafficSource(scenario: Scenario, options: TrafficOptions): MergedSource {
  const { seed, replication, capacityRps } = options
  const feeds = new Map<number, TraceFeed>()
  const classes = scenario.traffic.map((traffic, index) => {
    const { class: name, fan_out: parts, input_tokens, output_tokens } = traffic
    const trace = options.traces.get(index)
    const lengths = input_tokens.distribution === 'trace'
    const outputs = output_tokens?.distribution === 'trace'
    const feed = trace === undefined ? null : new TraceFeed(trace, { lengths, outputs })
    if (feed !== null) feeds.set(index, feed)
    const amount = {
      name,
      seed,
      replication,
      endMs: scenario.duration_s * 1000,
      // a load is that of the replicas, and each part of a request occupies one
      capacityRps: capacityRps === null ? null : capacityRps / parts,
      trace,
      clients: options.clients?.get(index),
    }
    const rows = feed && traceRows(traffic.arrivals, feed, amount)
    return classClients(traffic, {
      ...amount,
      feed: rows,
      ...classLengths(traffic, rows, options),
    })
  })
  return new MergedSource(classes, feeds)
}
