import type { Counts, ShedBy } from '../../documents/index.ts'
import { allOutcomes, outcomes, refusals } from '../../serving/index.ts'
import type { Column, EndedRequests, PickedRows } from './columns.ts'
import { CopyCounts } from './copies.ts'
import { Histogram } from './histogram.ts'

export const PARTS = ['lag', 'queue', 'batch_wait', 'overhead', 'service'] as const
export type Part = (typeof PARTS)[number]

/** Token times: time to first token, time per output token, inter-token latency. */
export const TOKEN_TIMES = ['ttft', 'tpot', 'itl'] as const
export type TokenTime = (typeof TOKEN_TIMES)[number]

/** Records of one class in one pool. */
export class Cell {
  readonly latency = new Histogram()
  readonly lag = new Histogram()
  readonly queue = new Histogram()
  readonly batch_wait = new Histogram()
  readonly overhead = new Histogram()
  readonly service = new Histogram()
  /** of the request and of its answer together; empty without networks */
  readonly network = new Histogram()
  readonly ttft = new Histogram()
  readonly tpot = new Histogram()
  readonly itl = new Histogram()
  /** requests by OUTCOME */
  readonly outcomes = countersFor(allOutcomes)
  /** shed requests by REFUSAL */
  readonly refusals = countersFor(refusals)
  readonly copies = new CopyCounts()
  /** served within every limit of its class */
  good = 0
  /** answered while the traffic lasts, after the warm-up, whenever they were scheduled */
  servedInTraffic = 0
  /** those of them that are within every limit of their class */
  goodInTraffic = 0
  /** second and further attempts of calls */
  retries = 0
  /** preemptions of its requests */
  preemptions = 0
  /** generated tokens of served requests */
  generated = 0

  /** Requests that were served: all durations of each. */
  served(rows: EndedRequests, { at, count }: PickedRows): void {
    this.latency.recordRows(rows.latency, at, 0, count)
    this.lag.recordRows(rows.lag, at, 0, count)
    this.queue.recordRows(rows.queue, at, 0, count)
    this.batch_wait.recordRows(rows.batchWait, at, 0, count)
    this.overhead.recordRows(rows.overhead, at, 0, count)
    this.service.recordRows(rows.service, at, 0, count)
    if (rows.areCarried) this.network.recordRows(rows.network, at, 0, count)
    if (!rows.haveTokens) return
    recordKnown(this.ttft, rows.ttft, { at, count })
    recordKnown(this.tpot, rows.tpot, { at, count })
  }

  merge(other: Cell): void {
    this.latency.merge(other.latency)
    for (const part of PARTS) this[part].merge(other[part])
    this.network.merge(other.network)
    for (const name of TOKEN_TIMES) this[name].merge(other[name])
    for (let i = 0; i < this.outcomes.length; i++) this.outcomes[i]! += other.outcomes[i]!
    for (let i = 0; i < this.refusals.length; i++) this.refusals[i]! += other.refusals[i]!
    this.copies.merge(other.copies)
    this.good += other.good
    this.servedInTraffic += other.servedInTraffic
    this.goodInTraffic += other.goodInTraffic
    this.retries += other.retries
    this.preemptions += other.preemptions
    this.generated += other.generated
  }

  get counts(): Counts {
    // copies that did not answer their request are counted apart
    const arrived = outcomes.reduce((sum, { number }) => sum + this.outcomes[number]!, 0)
    return { arrived, ...countsBy(outcomes, this.outcomes), in_flight: 0 }
  }

  get shedBy(): ShedBy {
    return countsBy(refusals, this.refusals)
  }
}

/** Records what is not NaN. */
function recordKnown(into: Histogram, { values }: Column, { at, count }: PickedRows): void {
  for (let i = 0; i < count; i++) {
    const ms = values[at[i]!]!
    if (!Number.isNaN(ms)) into.record(ms)
  }
}

type Code<K extends string> = { readonly number: number; readonly key: K }

/** Room for a count of each number. */
function countersFor(codes: readonly Code<string>[]): Float64Array {
  return new Float64Array(1 + Math.max(...codes.map(({ number }) => number)))
}

function countsBy<K extends string>(codes: readonly Code<K>[], counters: Float64Array) {
  const entries = codes.map(({ number, key }) => [key, counters[number]!])
  return Object.fromEntries(entries) as Record<K, number>
}
