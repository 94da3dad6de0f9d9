import type { Scenario, TrafficClass } from '../../scenarios/schema.ts'
import { stream } from '../kernel/index.ts'
import type { Ms, RequestFields, Source } from '../serving/index.ts'
import { type ArrivalProcess, RenewalArrivals, TraceArrivals } from './arrivals.ts'
import { type LengthDistribution, lengthDistribution, TraceLengths } from './lengths.ts'
import { Rate } from './rate.ts'
import { RequestHash } from './request-hash.ts'

/** Rows of a trace as the reader returns them: ms from the window's start, and lengths if any. */
export interface TraceData {
  readonly times: Float64Array
  readonly lengths: Int32Array | null
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

interface ClassTraffic {
  readonly arrivals: ArrivalProcess
  readonly lengths: LengthDistribution
  readonly outputs: LengthDistribution
}

/** Of requests for which nothing is generated. */
const NO_OUTPUT: LengthDistribution = Object.freeze({ draw: () => 0 })

/** Requests of all classes in the order of time; of equal times the lower class first. */
export class MergedSource implements Source {
  readonly #classes: readonly ClassTraffic[]
  readonly #next: Float64Array
  readonly #hash = new RequestHash()
  #first = 0
  #count = 0

  constructor(classes: readonly ClassTraffic[]) {
    this.#classes = classes
    this.#next = Float64Array.from(classes, ({ arrivals }) => arrivals.next())
    this.#find()
  }

  peek(): Ms {
    return this.#next[this.#first]!
  }

  take(requests: RequestFields, slot: number): void {
    const number = this.#first
    const { arrivals, lengths, outputs } = this.#classes[number]!
    const at = this.#next[number]!
    const length = lengths.draw()
    const output = outputs.draw()
    requests.at[slot] = at
    requests.length[slot] = length
    requests.output[slot] = output
    requests.class[slot] = number
    requests.key[slot] = this.#count++
    this.#hash.add(at, length, output, number)
    this.#next[number] = arrivals.next()
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
  const endMs = scenario.duration_s * 1000
  return new MergedSource(
    scenario.traffic.map((traffic, index) => ({
      arrivals: arrivalsOf(traffic, index, endMs, options),
      lengths: lengthsOf(traffic, options.traces.get(index)?.lengths ?? null, options),
      outputs: NO_OUTPUT,
    })),
  )
}

function lengthsOf(
  traffic: TrafficClass,
  recorded: Int32Array | null,
  { seed, replication }: TrafficOptions,
): LengthDistribution {
  const lengths = traffic.input_tokens
  if (lengths.distribution !== 'trace') {
    return lengthDistribution(lengths, stream(seed, replication, `lengths:${traffic.class}`))
  }
  if (recorded === null) throw new Error(`Expected the trace of ${traffic.class} to have lengths`)
  return new TraceLengths(recorded)
}

function arrivalsOf(
  traffic: TrafficClass,
  index: number,
  endMs: Ms,
  options: TrafficOptions,
): ArrivalProcess {
  const { arrivals } = traffic
  const perMs = (rates: { rate_rps?: number | undefined; load?: number | undefined }) => {
    if (rates.rate_rps !== undefined) return rates.rate_rps / 1000
    if (options.capacityRps === null) throw new Error('Expected `capacityRps` for a load')
    return ((rates.load ?? 0) * options.capacityRps) / 1000
  }
  if (arrivals.process === 'trace') {
    const trace = options.traces.get(index)
    if (trace === undefined) throw new Error(`Expected the trace of ${traffic.class} to be read`)
    const mean = trace.times.length / trace.spanMs
    // a trace of one instant has no rate that could be scaled
    const scaled = arrivals.load !== undefined && trace.spanMs > 0
    const scale = scaled ? mean / perMs(arrivals) : 1
    return new TraceArrivals(trace.times, scale, endMs)
  }
  const steps = arrivals.schedule ?? [{ at_s: 0, ...arrivals }]
  const rate = new Rate(
    steps.map((step) => ({ atMs: step.at_s * 1000, rate: perMs(step) })),
    arrivals.surges.map((surge) => ({
      atMs: surge.at_s * 1000,
      factor: surge.factor,
      riseMs: surge.rise_s * 1000,
      holdMs: surge.hold_s * 1000,
      decayMs: surge.decay_s * 1000,
    })),
  )
  const random = stream(options.seed, options.replication, `arrivals:${traffic.class}`)
  return new RenewalArrivals(arrivals, rate, random, endMs)
}
