import type { Scenario } from '../../scenarios/schema.ts'
import type { Ms, Outcome, RequestFields, Source } from '../serving/index.ts'
import { classClients } from './class-clients.ts'
import { classLengths } from './class-lengths.ts'
import { type Clients, OpenClients } from './clients.ts'
import { RequestHash } from './request-hash.ts'

/** Rows of a trace as the reader returns them: ms from the window's start, and lengths if any. */
export interface TraceData {
  readonly times: Float64Array
  readonly lengths: Int32Array | null
  readonly outputs: Int32Array | null
  readonly spanMs: Ms
}

export interface TrafficOptions {
  readonly seed: number
  readonly replication: number
  /** requests/s that a load of 1 means; needed where the scenario speaks of loads */
  readonly capacityRps: number | null
  /** by class index */
  readonly traces: ReadonlyMap<number, TraceData>
}

/** Requests of all classes in the order of time; of equal times the lower class first. */
export class MergedSource implements Source {
  readonly reacts: boolean
  readonly #classes: readonly Clients[]
  readonly #next: Float64Array
  readonly #hash = new RequestHash()
  #first = 0
  #count = 0

  constructor(classes: readonly Clients[]) {
    this.reacts = classes.some((clients) => !(clients instanceof OpenClients))
    this.#classes = classes
    this.#next = Float64Array.from(classes, (clients) => clients.peek())
    this.#find()
  }

  get ended(): boolean {
    return this.#classes.every(({ ended }) => ended)
  }

  peek(): Ms {
    return this.#next[this.#first]!
  }

  take(requests: RequestFields, slot: number): boolean {
    const number = this.#first
    const clients = this.#classes[number]!
    const key = this.#count
    const came = clients.take(requests, slot, key)
    if (came) {
      requests.class[slot] = number
      requests.key[slot] = key
      this.#count++
      this.#hash.add(requests.at[slot]!, requests.length[slot]!, requests.output[slot]!, number)
    }
    this.#next[number] = clients.peek()
    if (this.#next.length > 1) this.#find()
    return came
  }

  settled(number: number, key: number, outcome: Outcome, now: Ms): void {
    const clients = this.#classes[number]!
    clients.settled(key, outcome, now)
    this.#next[number] = clients.peek()
    if (this.#next.length > 1) this.#find()
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
    this.#first = first
  }
}

/** The requests of a scenario in one replication, each class from streams of its own. */
export function trafficSource(scenario: Scenario, options: TrafficOptions): MergedSource {
  return new MergedSource(
    scenario.traffic.map((traffic, index) => {
      const trace = options.traces.get(index) ?? null
      const { seed, replication, capacityRps } = options
      return classClients(traffic, {
        name: traffic.class,
        seed,
        replication,
        endMs: scenario.duration_s * 1000,
        capacityRps,
        trace,
        ...classLengths(traffic, trace, options),
      })
    }),
  )
}
