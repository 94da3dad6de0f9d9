import { listed, shortened } from '../../parse/describe-value.ts'
import {
  bucketCounts,
  expectSameCounts,
  expectWholeBuckets,
  increaseOf,
  levelsOf,
  meanOf,
  type NamedIncrease,
  quantileRange,
  type Steps,
  stepsOf,
  variationRange,
} from './counters.ts'
import { countInterval, type Dispersion, dispersionOf } from './dispersion.ts'
import { PrometheusProblem, type Series, type SeriesByName } from './range-response.ts'
import {
  type BUCKETED,
  COUNTER_KEYS,
  type CounterKey,
  GAUGE_KEYS,
  type GaugeKey,
  MEAN_KEYS,
  type MeanKey,
  type MeanMetric,
  type ServerMetrics,
} from './servers.ts'

/** A figure with what it is based on. Intervals are of 95 %; null is not known. */
export interface EvidenceValue {
  readonly value: number | null
  readonly low: number | null
  readonly high: number | null
  readonly basis: 'measured' | 'assumed' | 'unknown'
  /** its metrics, or why it is assumed or unknown */
  readonly source: string
  /** its window, s since 1970 */
  readonly from_s: number
  readonly to_s: number
  /** requests, tokens, batches or samples that it is of */
  readonly count: number
}

export interface StepRate {
  /** s since 1970 */
  readonly from_s: number
  /** null where it is not known */
  readonly rate_rps: number | null
  /** whether a counter began again or appeared in the step, so that more may have arrived */
  readonly at_least: boolean
}

/** A step of the key `schedule` of a scenario, with its evidence. */
export interface ScheduleStep extends EvidenceValue {
  /** s since the window began */
  readonly at_s: number
  readonly value: number
  /** s of it with samples */
  readonly known_s: number
}

/** The index of dispersion of counts in windows of `at_s`. */
export interface DispersionEvidence extends EvidenceValue {
  readonly at_s: number
}

/** A quantile lies between the bounds of a bucket. */
interface BucketQuantile {
  readonly probability: number
  readonly low: number
  readonly high: number
}

export interface LengthEvidence {
  readonly mean: EvidenceValue
  /** those in buckets with two bounds */
  readonly quantiles: readonly BucketQuantile[]
}

export interface GaugeEvidence extends EvidenceValue {
  readonly largest: number | null
}

/** Surely the coefficient of variation is between these; `high` is null where it has no bound. */
export interface VariationRange {
  readonly low: number
  readonly high: number | null
  /** the metric of its buckets */
  readonly source: string
}

/** What the metrics of a server show of its traffic and service. */
export interface TrafficEvidence {
  readonly server: string
  readonly from_s: number
  readonly to_s: number
  readonly step_s: number
  readonly steps: number
  readonly unknown_steps: number
  readonly resets: number
  readonly rates: readonly StepRate[]
  /** the mean rate of arrivals, requests/s */
  readonly rate: EvidenceValue
  /** few steps whose rates differ by more than chance; one where they do not */
  readonly schedule: readonly ScheduleStep[]
  /** of arrivals in the steps, around their slowly changing rate */
  readonly dispersion: DispersionEvidence
  /** of arrivals around the schedule in windows up to a step, which counters do not show */
  readonly dispersion_within: DispersionEvidence
  /** of requests in flight, at the scale of their latency */
  readonly dispersion_in_flight: DispersionEvidence
  readonly lengths: Readonly<Record<'input' | 'output', LengthEvidence>>
  readonly means: Readonly<Record<MeanKey, EvidenceValue>>
  /** what the coefficient of variation of `compute_s` may be; null where no buckets show it */
  readonly compute_variation: VariationRange | null
  /** how much each rose */
  readonly counters: Readonly<Record<CounterKey, EvidenceValue>>
  readonly cache_hit_share: EvidenceValue
  readonly gauges: Readonly<Record<GaugeKey, GaugeEvidence>>
  /** what a reader of the figures has to know */
  readonly notes: readonly string[]
}

export interface TrafficOptions {
  readonly server: ServerMetrics
  readonly series: SeriesByName
  /** labels that all series must have */
  readonly labels?: ReadonlyMap<string, string>
  /** length of the steps, by default the usual gap of samples */
  readonly step_s?: number | undefined
}

const MOST_SERIES = 10_000
/** A schedule with more steps is that of a trace. */
const MOST_SCHEDULED = 96
/** Steps of a schedule hold so many requests that chance moves their rate by some 10 %. */
const LEAST_OF_STEP = 100
/** Steps whose dispersion is at most this much above that of chance have one rate. */
const SLOW_CHANGE = 2
/** In-flight counts at a distance of this many latencies are independent to 5 %. */
const INDEPENDENT_LATENCIES = 3
/** Rates fall in half of all steps, counters seldom. */
const MOST_RESETS = 0.1
const FEW_RESETS = 3
const QUANTILES = [0.1, 0.25, 0.5, 0.75, 0.9, 0.99]

/**
 * Evidence on traffic from metrics of a server. Throws `PrometheusProblem` where no counter of
 * requests has samples or several models are mixed, and `CountsDisagree` where counts of the same
 * requests differ.
 */
export function trafficEvidence(options: TrafficOptions): TrafficEvidence {
  const metrics = new Metrics(options)
  const { steps, arrivals, notes } = metrics
  const dispersion = dispersionOf(metrics.sure)
  const means = table(MEAN_KEYS, (key) => metrics.mean(key))
  const inFlight = metrics.dispersionInFlight(means.latency_s.value)
  const gauges = table(GAUGE_KEYS, (key) => metrics.gauge(key))
  const rate = metrics.rate(dispersion)
  const schedule = metrics.schedule(dispersion)
  notes.push(...littlesLaw(rate, means.latency_s, gauges))
  return {
    server: options.server.title,
    ...metrics.window,
    step_s: steps.step_s,
    steps: steps.count,
    unknown_steps: metrics.unknown,
    resets: metrics.base.increase.resets,
    rates: Array.from(arrivals, (count, i) => ({
      from_s: steps.from_s + i * steps.step_s,
      rate_rps: Number.isNaN(count) ? null : Math.max(0, count) / steps.step_s,
      at_least: metrics.base.increase.atLeast[i] === 1,
    })),
    rate,
    schedule,
    dispersion: metrics.dispersion(dispersion),
    dispersion_within: metrics.dispersionWithin(dispersion, inFlight, schedule),
    dispersion_in_flight: inFlight,
    lengths: { input: metrics.length('input_tokens'), output: metrics.length('output_tokens') },
    means,
    compute_variation: metrics.variation('compute_s', means.compute_s.value),
    counters: table(COUNTER_KEYS, (key) => metrics.counter(key)),
    cache_hit_share: metrics.cacheHitShare(),
    gauges,
    notes,
  }
}

const table = <K extends string, V>(keys: readonly K[], value: (key: K) => V) =>
  Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, V>

type BucketedKey = (typeof BUCKETED)[number]

const finiteOrNull = (value: number) => (Number.isFinite(value) ? value : null)

interface Picked {
  readonly name: string
  readonly series: readonly Series[]
}

/** The metrics of one server, by what they hold. */
class Metrics {
  readonly steps: Steps
  readonly window: { readonly from_s: number; readonly to_s: number }
  readonly notes: string[] = []
  /** the counter that arrivals are taken from */
  readonly base: NamedIncrease
  /** by step; NaN where they are not known */
  readonly arrivals: Float64Array
  /** the same without lower bounds, and without the noise of gauges that lag */
  readonly sure: Float64Array
  /** steps whose arrivals are not known */
  readonly unknown: number
  readonly #options: TrafficOptions
  /** how counts became arrivals, and those that are sure */
  readonly #source: string
  readonly #sureSource: string
  /** requests that ended: what `ended request` counts are compared with */
  readonly #ended: NamedIncrease
  /** requests in flight at the beginning of each step; null where they are not known */
  readonly #inFlight: Float64Array | null
  /** arrivals over the window */
  readonly #total: number
  /** whether requests are counted when they end */
  readonly #countsEnds: boolean

  constructor(options: TrafficOptions) {
    this.#options = options
    const { server } = options
    const arrived = this.#pick(server.arrived)
    const ended = this.#pick(server.ended)
    const base = arrived ?? ended
    if (base === null) {
      const names = listed([...server.arrived, ...server.ended])
      const have = listed([...options.series.keys()].map(shortened)) || 'none'
      throw new PrometheusProblem(`expected samples of ${names}, got those of ${have}`)
    }
    this.#expectOneModel(base)
    this.steps = stepsOf(base.series, options.step_s)
    const { from_s, step_s, count } = this.steps
    this.window = { from_s, to_s: from_s + step_s * count }
    this.base = this.#increase(base)
    this.#ended = ended === null ? this.base : this.#increase(ended)
    this.#inFlight = this.#requestsInFlight()
    const flow = arrived === null ? this.#inFlight : null
    const { increase, name } = this.base
    this.arrivals = increase.steps.map((rise, i) =>
      flow === null ? rise : rise + flow[i + 1]! - flow[i]!,
    )
    this.unknown = this.arrivals.filter(Number.isNaN).length
    const isNoisy = flow !== null && !server.consistentGauges
    const counts = isNoisy ? increase.steps : this.arrivals
    this.sure = counts.map((rise, i) => (increase.atLeast[i] === 1 ? Number.NaN : rise))
    const change = flow === null ? 0 : flow.at(-1)! - flow[0]!
    if (Number.isNaN(change)) this.notes.push('requests in flight are unknown at an end')
    this.#total = Math.max(0, increase.total + (Number.isNaN(change) ? 0 : change))
    this.#source = flow === null ? name : `${name} + change of requests in flight`
    this.#sureSource = isNoisy ? name : this.#source
    this.#countsEnds = arrived === null
    this.#note(flow === null)
  }

  /** The first of these metrics that has samples. */
  #pick(names: readonly string[], labels: MeanMetric['labels'] = {}): Picked | null {
    const { series, labels: wanted = new Map<string, string>(), server } = this.#options
    const all = [...wanted, ...Object.entries(labels)]
    for (const name of names) {
      const matching = (series.get(name) ?? []).filter((one) =>
        all.every(([label, value]) => one.labels.get(label) === value),
      )
      const picked = firstOfRanks(matching, server.rankLabels)
      if (picked.length > MOST_SERIES) {
        const most = MOST_SERIES.toLocaleString('en-US')
        const problem = `expected at most ${most} series, got ${picked.length}; select by labels`
        throw new PrometheusProblem(`${name}: ${problem}`)
      }
      if (picked.some(({ values }) => values.some(Number.isFinite))) return { name, series: picked }
    }
    return null
  }

  #increase({ name, series }: Picked): NamedIncrease {
    const increase = increaseOf(series, this.steps)
    const { resets } = increase
    const most = MOST_RESETS * this.steps.count * series.length
    if (resets <= Math.max(FEW_RESETS, most)) return { name, increase }
    const problem = `expected a counter, got values that fall ${resets} times`
    throw new PrometheusProblem(`${name}: ${problem}; query the counter itself, not its rate`)
  }

  /** Figures of several models are not those of any. */
  #expectOneModel({ name, series }: Picked): void {
    const { modelLabel } = this.#options.server
    if (modelLabel === null) return
    const models = new Set(series.map(({ labels }) => labels.get(modelLabel) ?? ''))
    if (models.size <= 1) return
    const got = listed([...models].map(shortened))
    throw new PrometheusProblem(`${name}: expected one ${modelLabel}, got ${got}; select one`)
  }

  #requestsInFlight(): Float64Array | null {
    const { gauges } = this.#options.server
    const running = this.#pick(gauges.running ?? [])
    const waiting = this.#pick(gauges.waiting ?? [])
    if (running === null || waiting === null) return null
    const queued = levelsOf(waiting.series, this.steps)
    return levelsOf(running.series, this.steps).map((level, i) => level + queued[i]!)
  }

  #note(isWithoutFlow: boolean): void {
    const { increase, name } = this.base
    if (this.#countsEnds && isWithoutFlow)
      this.notes.push(`${name} counts ends: requests arrived earlier by their latency`)
    if (increase.resets > 0) {
      const times = increase.resets === 1 ? 'once' : `${increase.resets} times`
      this.notes.push(`${name} began again ${times}: its increase is a lower bound`)
    }
    if (this.unknown > 0) {
      this.notes.push(`${this.unknown} of ${this.steps.count} steps lack samples of ${name}`)
    }
  }

  rate(dispersion: Dispersion | null): EvidenceValue {
    const seconds = this.steps.step_s * this.steps.count
    const { low, high } = countInterval(this.#total, dispersion?.high ?? 1)
    // those that failed arrived, too, where only others are counted
    const failed = this.#countsEnds ? (this.counter('failures').value ?? 0) : 0
    return this.#measured({
      value: this.#total / seconds,
      low: low / seconds,
      high: finiteOrNull((high + failed + this.base.increase.missed) / seconds),
      source: failed > 0 ? `${this.#source}, without ${failed} that failed` : this.#source,
      count: this.#total,
    })
  }

  /** Rates of steps in the terms of a scenario, each of as many steps as its accuracy takes. */
  schedule(dispersion: Dispersion | null): readonly ScheduleStep[] {
    const { count } = this.steps
    const factor = Math.max(1, dispersion?.value ?? 1)
    const perStep = this.#total / count
    const wanted = Math.ceil((LEAST_OF_STEP * factor) / Math.max(perStep, 1e-9))
    const width = Math.min(count, Math.max(wanted, Math.ceil(count / MOST_SCHEDULED)))
    const scheduled = this.#scheduled(width, factor)
    const known = scheduled.filter(({ known_s }) => known_s > 0)
    const sum = (of: (step: ScheduleStep) => number) =>
      known.reduce((total, step) => total + of(step), 0)
    const mean = sum((step) => step.count) / sum((step) => step.known_s)
    const squares = sum((step) => (step.count - mean * step.known_s) ** 2 / (mean * step.known_s))
    const changes = squares > SLOW_CHANGE * factor * (known.length - 1)
    return changes ? scheduled : this.#scheduled(count, factor)
  }

  #scheduled(width: number, dispersion: number): ScheduleStep[] {
    const { step_s, count, from_s } = this.steps
    const overall = this.#total / (step_s * count)
    const scheduled: ScheduleStep[] = []
    for (let first = 0; first < count; first += width) {
      const last = Math.min(count, first + width)
      const rises = this.arrivals.subarray(first, last).filter((rise) => !Number.isNaN(rise))
      const arrived = Math.max(
        0,
        rises.reduce((sum, rise) => sum + rise, 0),
      )
      const seconds = rises.length * step_s
      const { low, high } = countInterval(arrived, dispersion)
      const isBound = this.base.increase.atLeast.subarray(first, last).includes(1)
      const place = {
        at_s: first * step_s,
        from_s: from_s + first * step_s,
        to_s: from_s + last * step_s,
        count: arrived,
        known_s: seconds,
      }
      scheduled.push(
        rises.length === 0
          ? {
              ...place,
              value: scheduled.at(-1)?.value ?? overall,
              low: null,
              high: null,
              basis: 'assumed',
              source: 'no samples; the rate of the step before is assumed',
            }
          : {
              ...place,
              value: arrived / seconds,
              low: low / seconds,
              high: isBound ? null : high / seconds,
              basis: 'measured',
              source: this.#source,
            },
      )
    }
    return scheduled
  }

  dispersion(found: Dispersion | null): DispersionEvidence {
    const at_s = this.steps.step_s
    if (found === null) return { ...this.#unknown('too few steps in a row with requests'), at_s }
    const source = `${this.#sureSource}, second differences of steps`
    return { ...this.#measured({ ...found, source, count: found.differences }), at_s }
  }

  /**
   * Within a step the dispersion is assumed to lie between that of Poisson arrivals, to which every
   * process tends in ever shorter windows, and that of whole steps or of requests in flight. What
   * the schedule has is left out.
   */
  dispersionWithin(
    between: Dispersion | null,
    inFlight: DispersionEvidence,
    schedule: readonly ScheduleStep[],
  ): DispersionEvidence {
    const base = { ...this.window, basis: 'assumed' as const, at_s: this.steps.step_s, count: 0 }
    if (between === null) {
      return { ...base, value: 1, low: null, high: null, source: 'Poisson; the width is unknown' }
    }
    const around = schedule.length > 1 ? dispersionOf(this.#separated(schedule)) : between
    const { value, low, high } = around ?? { ...between, value: 1 }
    // exponential service halves the excess over Poisson, less variable service keeps more of it
    // (Eckberg 1983, Generalized peakedness of teletraffic processes)
    const bound = inFlight.high === null ? Infinity : 1 + 2 * Math.max(0, inFlight.high - 1)
    const limit =
      bound < high
        ? 'what requests in flight allow, if service times vary at most as exponential ones'
        : 'the dispersion of whole steps'
    return {
      ...base,
      value: Math.min(low <= 1 && high >= 1 ? 1 : value, bound),
      low: Math.min(1, low),
      high: Math.min(Math.max(1, high), bound),
      source: `between Poisson and ${limit}`,
    }
  }

  /** Counts with a gap where a step of the schedule begins: its change is no burst. */
  #separated(schedule: readonly ScheduleStep[]): Float64Array {
    const width = Math.round(schedule[1]!.at_s / this.steps.step_s)
    return Float64Array.from(
      [...this.sure].flatMap((count, i) =>
        i > 0 && i % width === 0 ? [Number.NaN, count] : count,
      ),
    )
  }

  /** Of independent counts in flight: samples at a distance of several latencies. */
  dispersionInFlight(latency_s: number | null): DispersionEvidence {
    const at_s = latency_s ?? this.steps.step_s
    const unknown = (why: string) => ({ ...this.#unknown(why), at_s })
    if (this.#inFlight === null) return unknown('no gauges of running and waiting requests')
    if (latency_s === null) return unknown('no mean latency')
    if (this.steps.step_s < INDEPENDENT_LATENCIES * latency_s) {
      return unknown('the latency is long against a step, so in-flight counts depend on the last')
    }
    const found = dispersionOf(this.#inFlight)
    if (found === null) return unknown('too few samples with requests in flight')
    const source = 'running + waiting requests, second differences of samples'
    return { ...this.#measured({ ...found, source, count: found.differences }), at_s }
  }

  mean(key: MeanKey): EvidenceValue {
    const found = this.#foundMean(key)
    if (found === null) return this.#unknown('no such metric has samples')
    const { metric, count, sum } = found
    const mean = meanOf(sum, count.increase)
    if (mean === null) return this.#unknown(`${count.name} counts nothing`)
    const { scale = 1 } = metric
    const scaled = (value: number | null) => (value === null ? null : value * scale)
    return this.#measured({
      value: mean.mean * scale,
      low: scaled(mean.low),
      high: scaled(mean.high),
      source: `Δ${metric.sum} / Δ${count.name}`,
      count: mean.count,
    })
  }

  #foundMean(key: MeanKey) {
    for (const metric of this.#options.server.means[key] ?? []) {
      const sums = this.#pick([metric.sum], metric.labels)
      const counts = this.#pick([metric.count], metric.labels)
      if (sums === null || counts === null) continue
      const count = this.#increase(counts)
      if (metric.of === 'ended request') expectSameCounts(this.#ended, count, this.steps)
      return { metric, count, sum: this.#increase(sums).increase }
    }
    return null
  }

  length(key: BucketedKey): LengthEvidence {
    const mean = this.mean(key)
    const found = this.#buckets(key)
    if (found === null) return { mean, quantiles: [] }
    const quantiles = QUANTILES.flatMap((probability) => {
      const range = quantileRange(found.counts, probability)
      return range === null ? [] : [{ probability, ...range }]
    })
    return { mean, quantiles }
  }

  /** Null without buckets, and where these leave out what the mean has. */
  variation(key: BucketedKey, mean: number | null): VariationRange | null {
    const found = mean === null ? null : this.#buckets(key)
    const range = found === null ? null : variationRange(found.counts, mean!)
    return range === null ? null : { ...range, source: found!.name }
  }

  #buckets(key: BucketedKey) {
    const found = this.#foundMean(key)
    const { buckets, labels } = found?.metric ?? {}
    const picked = buckets === undefined ? null : this.#pick([buckets], labels)
    if (picked === null) return null
    const counts = bucketCounts(picked.name, picked.series, this.steps)
    expectWholeBuckets(picked.name, counts, found!.count.increase)
    return { name: picked.name, counts }
  }

  counter(key: CounterKey): EvidenceValue {
    const picked = this.#pick(this.#options.server.counters[key] ?? [])
    if (picked === null) return this.#unknown('no such metric has samples')
    const { total, missed } = this.#increase(picked).increase
    const high = finiteOrNull(total + missed)
    return this.#measured({ value: total, low: total, high, source: picked.name, count: total })
  }

  cacheHitShare(): EvidenceValue {
    const { cache_queries: queries = [], cache_hits: hits = [] } = this.#options.server.counters
    const [asked, found] = [this.#pick(queries), this.#pick(hits)]
    if (asked === null || found === null) return this.#unknown('no such metric has samples')
    const mean = meanOf(this.#increase(found).increase, this.#increase(asked).increase)
    if (mean === null) return this.#unknown(`${asked.name} counts nothing`)
    const source = `Δ${found.name} / Δ${asked.name}`
    const high = mean.high === null ? null : Math.min(1, mean.high)
    return this.#measured({ ...mean, value: mean.mean, high, source })
  }

  gauge(key: GaugeKey): GaugeEvidence {
    const picked = this.#pick(this.#options.server.gauges[key] ?? [])
    const levels = picked === null ? [] : [...levelsOf(picked.series, this.steps)]
    const known = levels.filter((level) => !Number.isNaN(level))
    if (picked === null || known.length === 0) {
      return { ...this.#unknown('no such metric has samples'), largest: null }
    }
    // shares are of each server, counts of all together
    const scale = key === 'kv_use' ? 1 / picked.series.length : 1
    const value = (scale * known.reduce((sum, level) => sum + level, 0)) / known.length
    const measured = { value, low: null, high: null, source: picked.name, count: known.length }
    const largest = scale * known.reduce((most, level) => Math.max(most, level), 0)
    return { ...this.#measured(measured), largest }
  }

  #measured(found: Omit<EvidenceValue, 'basis' | 'from_s' | 'to_s'>): EvidenceValue {
    const { value, low, high, source, count } = found
    return { value, low, high, basis: 'measured', source, ...this.window, count }
  }

  #unknown(source: string): EvidenceValue {
    const nothing = { value: null, low: null, high: null, basis: 'unknown' as const }
    return { ...nothing, source, ...this.window, count: 0 }
  }
}

/** Of processes that report the figures of one server, the first one. */
function firstOfRanks(series: readonly Series[], ranks: readonly string[]): readonly Series[] {
  if (ranks.length === 0) return series
  const rankOf = ({ labels }: Series) => ranks.map((rank) => Number(labels.get(rank) ?? 0))
  const first = new Map<string, Series>()
  for (const one of series) {
    const others = [...one.labels].filter(([label]) => !ranks.includes(label)).sort()
    const key = JSON.stringify(others)
    const before = first.get(key)
    if (before === undefined || isBefore(rankOf(one), rankOf(before))) first.set(key, one)
  }
  return [...first.values()]
}

function isBefore(a: readonly number[], b: readonly number[]): boolean {
  const differs = a.findIndex((rank, i) => rank !== b[i])
  return differs >= 0 && a[differs]! < b[differs]!
}

/** Figures of one server satisfy L = λ W (Little 1961); others may be of several servers. */
function littlesLaw(
  rate: EvidenceValue,
  latency: EvidenceValue,
  { running, waiting }: Readonly<Record<GaugeKey, EvidenceValue>>,
): string[] {
  if (rate.value === null || latency.value === null) return []
  if (running.value === null || waiting.value === null) return []
  const [inFlight, expected] = [running.value + waiting.value, rate.value * latency.value]
  const [less, more] = [Math.min(inFlight, expected), Math.max(inFlight, expected)]
  if (more < 1 || more <= 1.5 * less) return []
  const [a, b] = [inFlight, expected].map((count) => Number(count.toPrecision(3)))
  return [`${a} requests are in flight on average, but rate × latency are ${b}: check the labels`]
}
