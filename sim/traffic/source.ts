import type { Lengths, Scenario, TrafficClass } from '../../scenarios/schema.ts'
import { stream } from '../kernel/index.ts'
import type { Ms, Outcome, RequestFields, Source } from '../serving/index.ts'
import { classClients } from './class-clients.ts'
import { type Clients, OpenClients } from './clients.ts'
import { correlatedLengths, type LengthPair } from './correlated-lengths.ts'
import { type LengthDistribution, lengthDistribution, TraceLengths } from './lengths.ts'
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

/** Of requests for which nothing is generated. */
const NO_OUTPUT: LengthDistribution = Object.freeze({ draw: () => 0 })

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
        ...lengthPair(traffic, trace, options),
      })
    }),
  )
}

function lengthPair(
  traffic: TrafficClass,
  trace: TraceData | null,
  options: TrafficOptions,
): LengthPair {
  const { class: name, input_tokens: input, output_tokens: output } = traffic
  const { length_correlation: correlation } = traffic
  if (correlation !== undefined && output !== undefined) {
    if (input.distribution === 'trace' || output.distribution === 'trace') {
      throw new Error(`Expected the lengths of ${name} to be drawn, as they are correlated`)
    }
    const random = stream(options.seed, options.replication, `lengths:${name}`)
    return correlatedLengths(input, output, correlation, random)
  }
  const of = (lengths: Lengths, recorded: Int32Array | null, purpose: string) =>
    lengthsOf(lengths, recorded, { ...options, name: `${purpose}:${name}` })
  return {
    lengths: of(input, trace?.lengths ?? null, 'lengths'),
    outputs: output === undefined ? NO_OUTPUT : of(output, trace?.outputs ?? null, 'outputs'),
  }
}

/** `name`: of the random stream. */
function lengthsOf(
  lengths: Lengths,
  recorded: Int32Array | null,
  { seed, replication, name }: TrafficOptions & { readonly name: string },
): LengthDistribution {
  if (lengths.distribution !== 'trace') {
    return lengthDistribution(lengths, stream(seed, replication, name))
  }
  if (recorded === null) throw new Error(`Expected the trace to have ${name}`)
  return new TraceLengths(recorded)
}
