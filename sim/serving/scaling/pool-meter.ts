import type { Ms } from '../ports.ts'
import type { Station } from '../routing/station.ts'
import type { MetricNeed } from './scaling-policy.ts'

/** Sums of one queue up to an instant; levels are summed over time, in ms. */
interface StationSums {
  waiting: number
  running: number
  busy: number
  present: number
  arrived: number
}

/** What the metrics pipeline has of one queue at a scrape. */
interface Sample extends Readonly<StationSums> {
  /** the most requests that waited since the scrape before */
  readonly mostWaiting: number
  /** used share of the KV cache; NaN without one */
  readonly kv: number
}

/** The load of one queue: levels are constant from one event to the next. */
class StationMeter {
  readonly #station: Station
  readonly #sums: StationSums = { waiting: 0, running: 0, busy: 0, present: 0, arrived: 0 }
  #at: Ms = 0
  #mostWaiting = 0

  constructor(station: Station) {
    this.#station = station
  }

  /** An event at the queue is about to be handled. */
  note(now: Ms): void {
    const { length, running, working, staying } = this.#station
    const passed = now - this.#at
    if (length > this.#mostWaiting) this.#mostWaiting = length
    if (passed <= 0) return
    this.#sums.waiting += length * passed
    this.#sums.running += running * passed
    this.#sums.busy += Math.min(working, staying) * passed
    this.#sums.present += staying * passed
    this.#at = now
  }

  arrived(): void {
    this.#sums.arrived++
  }

  sample(now: Ms, kv: number): Sample {
    this.note(now)
    const sample = { ...this.#sums, mostWaiting: this.#mostWaiting, kv }
    this.#mostWaiting = this.#station.length
    return sample
  }
}

/** The load of all queues of a pool, scraped at each decision of its scaler. */
export class PoolMeter {
  readonly #stations: readonly Station[]
  readonly #meters: readonly StationMeter[]
  readonly #kvOf: (station: Station) => number
  readonly #longestMs: Ms
  #scrapes: { readonly at: Ms; readonly samples: readonly Sample[] }[]

  constructor(
    stations: readonly Station[],
    needs: readonly MetricNeed[],
    kvOf: (station: Station) => number,
  ) {
    this.#stations = stations
    this.#meters = stations.map((station) => new StationMeter(station))
    this.#kvOf = kvOf
    this.#longestMs = Math.max(0, ...needs.map(({ windowMs }) => windowMs))
    this.#scrapes = []
    this.scrape(0)
  }

  note(now: Ms, station: number): void {
    this.#meters[station]!.note(now)
  }

  arrived(station: number): void {
    this.#meters[station]!.arrived()
  }

  scrape(now: Ms): void {
    const samples = this.#meters.map((meter, i) =>
      meter.sample(now, this.#kvOf(this.#stations[i]!)),
    )
    this.#scrapes.push({ at: now, samples })
    // the one before the longest window is needed for its begin
    const first = this.#scrapes.findLastIndex(({ at }) => at <= now - this.#longestMs)
    if (first > 0) this.#scrapes = this.#scrapes.slice(first)
  }

  /** A figure of the pool, or one for each replica that serves, over the window that ends now. */
  figures({ metric, windowMs, statistic, of }: MetricNeed): number[] {
    if (of === 'pool') {
      const allStations = [...this.#stations.keys()]
      return [this.#figure(metric, windowMs, statistic, allStations, 1)]
    }
    return this.#stations.flatMap(({ staying }, i) => {
      if (staying === 0) return []
      const value = this.#figure(metric, windowMs, statistic, [i], staying)
      return Array.from({ length: staying }, () => value)
    })
  }

  #figure(
    metric: MetricNeed['metric'],
    windowMs: Ms,
    statistic: MetricNeed['statistic'],
    stations: readonly number[],
    replicas: number,
  ): number {
    const last = this.#scrapes.at(-1)!
    const from = this.#scrapes.findLast(({ at }) => at <= last.at - windowMs) ?? this.#scrapes[0]!
    const within = this.#scrapes.filter(({ at }) => at > from.at)
    const sum = (figureOf: (sample: Sample) => number, scrape = last) =>
      stations.reduce((total, i) => total + figureOf(scrape.samples[i]!), 0)
    const grown = (figureOf: (sample: Sample) => number) => sum(figureOf) - sum(figureOf, from)
    const most = (figureOf: (sample: Sample) => number) =>
      within.reduce((best, scrape) => Math.max(best, sum(figureOf, scrape)), 0)
    const passed = last.at - from.at
    if (metric === 'kv_usage') {
      const mean = (scrape: (typeof within)[number]) =>
        sum(({ kv }) => kv, scrape) / stations.length
      const each = within.map(mean)
      if (each.length === 0) return Number.NaN
      if (statistic === 'max') return Math.max(...each)
      return each.reduce((total, value) => total + value, 0) / each.length
    }
    if (statistic === 'max' && metric === 'queue_length') {
      return most(({ mostWaiting }) => mostWaiting) / replicas
    }
    if (passed <= 0) return Number.NaN
    switch (metric) {
      case 'concurrency':
        return grown(({ waiting, running }) => waiting + running) / passed / replicas
      case 'queue_length':
        return grown(({ waiting }) => waiting) / passed / replicas
      case 'rate_rps':
        return (1000 * grown(({ arrived }) => arrived)) / passed / replicas
      case 'utilisation': {
        const present = grown((sample) => sample.present)
        return present > 0 ? grown(({ busy }) => busy) / present : 0
      }
    }
  }
}
